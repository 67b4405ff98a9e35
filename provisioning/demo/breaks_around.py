"""Pure: how things break around us: machines, data, providers, told as people would tell it."""

from __future__ import annotations

from provisioning.demo.breaking import Fix, Mode

AROUND = (
    Mode(
        "DiskFilling",
        "{service}: disk will be full within 4 hours",
        "The disk of {service} filled up with old files of a log that nobody rotated any more. Writing stopped for {minutes}"
        " minutes until space was made by hand and the rotation was put back.",
        "The rotation had been switched off during a move to other machines two months before.",
        "could not save changes",
        (
            "93 % used, 1.2 % more each 10 minutes.",
            "80 GB of one log. Nobody rotates it.",
            "Compressed the old ones: 41 % used.",
        ),
        (
            "Rotation of logs is set up by hand on each machine",
            "A disk that fills slowly is announced only a few hours before it is full",
        ),
        (
            ("conditions-3", "We had noted “rotation?” in the list of the move and never came back to it."),
            ("signals-1", "The forecast alert told us first. It had been true for weeks that the log grew."),
            ("response-5", "Two of us could not log in to that machine."),
        ),
        (
            Fix("Set up rotation of logs with the machine image", "prevent", "A new machine has it."),
            Fix(
                "Warn about disks that fill within 5 days, by day only", "detect", "The first such warning was handled."
            ),
            Fix(
                "Give the second line access to these machines", "access", "Everyone on the roster has signed in once."
            ),
        ),
        "Deleting the file freed nothing: a process still held it open.",
        8,
        1,
    ),
    Mode(
        "ReplicaLag",
        "{service}: replica is 90 s behind",
        "A long report on the primary kept old rows alive, and the replica of {service} fell behind. For {minutes} minutes"
        " people read data that was minutes old; ending the report let it catch up.",
        "The report had been running since the morning.",
        "saw old data, and some orders were missing from their lists",
        (
            "Lag is 90 s and grows.",
            "One transaction has been open since the morning.",
            "Ended it with the owner's consent; lag shrinks.",
        ),
        (
            "Reports run on the primary, where they hold back clean-up",
            "No statement is ever ended for its age",
            "The application does not know how old its replica is",
        ),
        (
            ("understanding-4", "A read on the primary can delay a replica: most of us did not expect that."),
            ("decisions-1", "Ending the report or switching reads to the primary. We asked its owner and ended it."),
            ("conditions-4", "It was the last day of the quarter; the report had to be there by noon."),
        ),
        (
            Fix("Run reports on a replica of their own", "prevent", "No report has run on the primary for a week."),
            Fix("End statements after 30 minutes unless they are marked", "mitigate", "A test statement was ended."),
        ),
        "The replica was healthy by all of its own figures.",
        4,
        3,
    ),
    Mode(
        "PoolExhausted",
        "{service}: no free database connections",
        "{service} ran out of database connections for {minutes} minutes: a slow provider kept each request, and with it a"
        " connection, for up to 30 seconds. Requests that needed no database failed as well.",
        "Time-outs to the provider had been at 30 seconds since the beginning.",
        "could not sign in or pay, because requests failed",
        (
            "All 80 connections are in use, most of them idle in a transaction.",
            "The provider answers in 25 s instead of 0.3 s.",
            "Time-out set to 3 s; connections are free again.",
        ),
        (
            "A connection is held while the provider is asked",
            "Time-outs to providers are ten times longer than customers wait",
            "One pool serves every kind of request",
        ),
        (
            ("signals-3", "Support knew 6 minutes before us: customers had called."),
            ("luck-2", "Last time we restarted everything. This time we looked first, and one setting was enough."),
            ("customers-1", "“It says please wait, and then it logs me out.”"),
        ),
        (
            Fix("Set time-outs to providers to 3 seconds", "mitigate", "A slow stand-in does not fill the pool."),
            Fix("Release the connection before the provider is asked", "prevent", "A test sees none held meanwhile."),
            Fix("Give sign-in a pool of its own", "prevent", "Sign-in works while the other pool is full."),
        ),
        "The health check needs a connection too, so healthy machines were taken out.",
        4,
        8,
        (
            "Connections are used up",
            "1. Who holds them? `idle in transaction` first.\n2. Is a provider slow?\n"
            "3. Shorten the time-out before you restart anything.\n\nPartner: the provider's hotline is in the service page.",
        ),
    ),
    Mode(
        "ProviderDown",
        "{service}: provider does not answer",
        "An outside provider on which {service} depends was not available for {minutes} minutes. Our fallback was switched"
        " off since its last test, so we felt all of it; switching it on ended it for customers.",
        "The fallback had been switched off after a test in spring.",
        "could not use this function, which was unavailable",
        (
            "Their status page is green; our calls fail.",
            "Fallback is off. Switching it on.",
            "They confirm an outage on their side.",
        ),
        (
            "The fallback is switched by hand and nobody looks at its state",
            "We learn of a provider's trouble by our own errors only",
        ),
        (
            ("customers-2", "We wrote after 18 minutes that a provider had trouble. It was true, and late."),
            ("response-3", "It was unclear who may switch the fallback on: it costs money."),
            ("understanding-3", "Nobody present had ever seen the fallback work."),
        ),
        (
            Fix("Switch to the fallback by itself after 60 seconds", "automate", "It did so in a drill."),
            Fix("Write down who may spend money on the fallback at night", "respond", "It stands in the playbook."),
            Fix("Test the fallback each month", "learn", "Three tests in a row went well."),
        ),
        "The provider's own page stayed green for the whole time.",
        4,
        6,
    ),
    Mode(
        "CertificateExpiry",
        "{service}: certificate expires within 7 days",
        "The certificate of {service} was not renewed by itself, because its name had moved to another provider of DNS. It"
        " was renewed by hand after {minutes} minutes.",
        "Renewal had failed quietly for three weeks.",
        "were shown a warning, and the connection was rejected by some apps",
        (
            "Renewal fails since three weeks.",
            "The challenge goes to the old provider.",
            "Renewed by hand; valid for 90 days.",
        ),
        (
            "A renewal that fails is logged and told to nobody",
            "Moves between DNS providers have no list of what depends on them",
        ),
        (
            ("conditions-1", "The DNS moved last quarter."),
            ("signals-1", "The expiry alert told us, as it should; the failing renewals did not."),
            ("luck-1", "Seven days are enough time. One day would not have been."),
        ),
        (
            Fix("Alert on the second renewal that fails", "detect", "A broken renewal in the test made it fire."),
            Fix("List what depends on a zone before it moves", "prevent", "The list was used in the next move."),
        ),
        "The renewal reports success when it has nothing to do.",
        4,
        1,
    ),
)
