"""Pure: how things break in our own work, told as people would tell it."""

from __future__ import annotations

from provisioning.demo.breaking import Fix, Mode

INSIDE = (
    Mode(
        "QueueBacklog",
        "{service}: queue is not drained",
        "Work for {service} piled up faster than it was taken away, because one consumer held a lock that the others waited"
        " for. Nothing was lost; what waited was worked off within {minutes} minutes.",
        "A consumer had been holding its lock since the last restart.",
        "waited much longer than usual for confirmations that were delayed",
        (
            "Backlog is 14,000 and grows by about 900 a minute.",
            "One consumer holds the lock; the others wait.",
            "Restarted the stuck consumer. The backlog shrinks.",
        ),
        (
            "A lock without a lease outlives the process that took it",
            "The alert looks at the length of the queue, not at the age of its oldest message",
            "All consumers share one lock, so one of them can stop the rest",
        ),
        (
            (
                "signals-2",
                "The alert on the length was late: the age of the oldest message would have told us 20 minutes sooner.",
            ),
            (
                "understanding-2",
                "We believed that it was load, because the same graph had looked like that during the sale.",
            ),
            ("response-4", "The step “restart one at a time” helped. The step on draining was absent."),
        ),
        (
            Fix("Alert on the age of the oldest message", "detect", "It fired in a drill within five minutes."),
            Fix(
                "Give the consumer's lock a lease of 30 seconds",
                "prevent",
                "A killed consumer is replaced within a minute.",
            ),
            Fix("Add the draining step to the playbook", "respond", "Somebody new has walked through it alone."),
        ),
        "A restart does not free the lock; only its expiry does, and it had none.",
        5,
        4,
        (
            "Drain the queue",
            "1. Look at the age of the oldest message.\n2. Restart consumers **one at a time**.\n"
            "3. Watch the backlog for five minutes.\n\nRolling back: not needed.",
        ),
    ),
    Mode(
        "LatencyHigh",
        "{service}: answers are slow (p95 over 2 s)",
        "Answers of {service} took several seconds for {minutes} minutes. A query had lost its index with the last change of"
        " the schema, and each request read the whole table until the index was there again.",
        "The migration of the day before had dropped an index that it replaced only in part.",
        "met pages that were slow, and some requests failed",
        (
            "p95 is 4.1 s, p50 is fine.",
            "The slow query log names one statement; its plan reads everything.",
            "Index is being built concurrently.",
        ),
        (
            "Plans of queries are not compared before and after a migration",
            "The test data is so small that a full scan is fast",
            "The dashboard shows averages, on which a slow tail does not appear",
        ),
        (
            ("conditions-1", "A migration of the day before; nothing was deployed on the day itself."),
            ("signals-4", "A comparison of query plans after each migration would have shown it the day before."),
            ("decisions-2", "We built the index concurrently: slower for us, but nobody was locked out."),
        ),
        (
            Fix(
                "Compare the plans of the ten slowest queries in the pipeline",
                "prevent",
                "A change that drops an index fails.",
            ),
            Fix(
                "Show p95 beside the average on the first dashboard",
                "detect",
                "The panel is on the screen of the team.",
            ),
            Fix("Load the test database with a tenth of production", "prevent", "Tests run on it every night."),
        ),
        "Half of the traffic was served from the cache, so the graph of errors stayed green.",
        6,
        5,
    ),
    Mode(
        "ErrorRateHigh",
        "{service}: more than 5 % of requests fail",
        "After a roll-out {service} answered part of its requests with errors for {minutes} minutes. The new version read a"
        " setting that existed in one region only; rolling back ended it.",
        "The setting had been added by hand in one region three weeks before.",
        "could not finish what they were doing because requests failed",
        ("Errors began with the roll-out of 10 minutes ago.", "Only one region is affected.", "Rolling back."),
        (
            "Settings can differ between regions without anybody being told",
            "The roll-out goes to all regions at once",
            "The start-up check passes when a setting is missing",
        ),
        (
            ("decisions-3", "Rolling back was easy: one button, two minutes. Finding out that we should took longer."),
            (
                "conditions-2",
                "Adding the setting by hand made sense at the time: the pipeline was frozen for the sale.",
            ),
            ("luck-1", "The roll-out had paused for lunch, so a third of the machines still ran the old version."),
        ),
        (
            Fix(
                "Refuse to start when a setting is missing",
                "prevent",
                "A test starts it without one and sees it refuse.",
            ),
            Fix("Roll out region by region with a pause of 15 minutes", "mitigate", "Two roll-outs went that way."),
            Fix(
                "List settings that differ between regions each morning",
                "detect",
                "The list was read once by the team.",
            ),
        ),
        "The canary is in the one region in which the setting existed.",
        6,
        9,
        (
            "Roll back",
            "1. Open the pipeline, choose the last green version.\n2. Roll back **one** region, look at the"
            " error rate.\n3. Roll back the others.\n\nRolling back: yes, for 7 days.",
        ),
    ),
    Mode(
        "CrashLooping",
        "{service}: restarts again and again",
        "Machines of {service} restarted again and again, since a new version needed more memory at the start than it may"
        " have. For {minutes} minutes too few of them served all the traffic.",
        "Memory at the start had grown a little with each version for three months.",
        "saw errors now and then, and pages were slow",
        (
            "11 restarts in 10 minutes.",
            "Killed for memory at start.",
            "Limit raised to 900 MB; stable since 5 minutes.",
        ),
        (
            "Memory at the start is not measured, only the average later on",
            "The limit was set two years ago by a guess",
        ),
        (
            ("signals-2", "The alert on restarts was too loud: it had fired for harmless ones all month."),
            ("conditions-5", "Normally restarts are spread out, so that enough machines are left."),
            ("decisions-4", "The limit was raised without the usual review. It worked, and we would do it again."),
        ),
        (
            Fix("Measure the peak of memory at each start", "detect", "It is on the dashboard."),
            Fix("Raise the limit by a change that is reviewed", "prevent", "The change by hand is gone."),
        ),
        "It only happened on machines with many cores.",
        7,
        2,
    ),
    Mode(
        "JobMissed",
        "{service}: last night's run did not finish",
        "A nightly run of {service} did not finish before the morning, so that figures of the day before were missing for"
        " {minutes} minutes. It had waited for a file that came late, without a limit.",
        "The file of the partner was not there at 02:00.",
        "found yesterday's figures missing",
        (
            "It has waited for a file since two in the night.",
            "The partner sends it now.",
            "Run restarted by hand, done in 25 minutes.",
        ),
        ("The run waits for its input without a limit", "Nobody is told when the partner's file is late"),
        (
            ("signals-4", "A word at 03:00 that the file is late would have been enough."),
            (
                "response-1",
                "Nobody looked until 08:10: it is not worth waking somebody, and nobody was asked to look first thing.",
            ),
            ("luck-3", "Two people can now restart it; it had been one."),
        ),
        (
            Fix(
                "Tell the partner by mail when the file is 30 minutes late",
                "automate",
                "The first mail has been answered.",
            ),
            Fix(
                "Go on without the file after two hours, and mark the figures", "mitigate", "A run did so in the test."
            ),
        ),
        "It has happened every third month, always unnoticed.",
        9,
        1,
    ),
    Mode(
        "CacheCold",
        "{service}: cache hit rate below 40 %",
        "A restart emptied the cache of {service}, and every request went to the database for {minutes} minutes until it was"
        " warm again. Requests were held back in the meantime so that the database stayed alive.",
        "All cache machines were restarted at the same minute by a kernel update.",
        "met slow pages, and the basket was unavailable at times",
        (
            "Hit rate 12 %.",
            "All cache machines restarted in the same minute.",
            "Holding back 30 % of requests; database recovers.",
        ),
        ("Updates restart all machines of a kind at once", "A cold cache has never been tried under load"),
        (
            ("decisions-2", "We held back a third of the requests, so that two thirds worked."),
            (
                "understanding-1",
                "At minute 5 two of us thought of an attack, one of a deploy. At minute 15 all saw the restarts.",
            ),
            ("response-2", "We were nine in the call. Four would have been enough."),
        ),
        (
            Fix("Restart cache machines one at a time", "prevent", "The next update did so."),
            Fix("Warm the cache before a machine takes traffic", "mitigate", "A restart at noon went unnoticed."),
        ),
        "Holding back requests works, and nobody knew that it was built in.",
        3,
        5,
    ),
)
