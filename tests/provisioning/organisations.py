# ruff: noqa: E501, W291  as they stand in the documentation, or on purpose
"""Organisations for the tests: the one that the documentation shows, and one that uses every key."""

from __future__ import annotations

CONTRACT = """\
organisation: {name: Acme, timezone: Europe/London}
users:
  - {email: alice@example.com, name: Alice Ames, timezone: Europe/London, role: responder,   # admin | director | manager | responder | observer
     methods: {mail: {kind: email, address: alice@example.com, verified: true}, phone: {kind: voice, address: "+447700900001", verified: true}},
     rules: {critical: [{via: mail, after: 0m}, {via: phone, after: 2m}], default: [{via: mail, after: 0m}]}}
  - {email: bob@example.com, name: Bob Bell, timezone: Europe/London, role: responder}
  - {email: mia@example.com, name: Mia Marsh, timezone: Europe/London, role: manager}
  - {email: dan@example.com, name: Dan Dale, timezone: Europe/London, role: director}
teams:
  - {slug: payments, name: Payments, members: {alice@example.com: lead, bob@example.com: responder}, manager: mia@example.com, director: dan@example.com}
areas:
  - {slug: shop, name: Shop, lead: alice@example.com, teams: [payments]}
schedules:
  - slug: payments-primary
    team: payments
    timezone: Europe/London
    layers:
      - {name: weekly, members: [alice@example.com, bob@example.com], rotate: {every: 1, unit: week}, starts: "2026-10-19T09:00",
         windows: [{days: [mon, tue, wed, thu, fri], from: "08:30", to: "17:30"}], count: covered}      # unit hour|day|week|month; windows, count optional (calendar); `to` may be "24:00"; a window may cross midnight
    overrides: [{person: bob@example.com, from: "2026-11-21T08:00", to: "2026-11-21T20:00"}]             # schedule's local time
    covers: [{person: bob@example.com, for: alice@example.com, from: "2026-11-23T08:00", to: "2026-11-24T08:00"}]
policies:
  - {slug: payments, repeat: 2, steps: [{wait: 5m, notify: ["schedule:payments-primary"]}, {wait: 10m, notify: ["user:alice@example.com", "team:payments"]}],
     catch_all: ["user:mia@example.com"]}      # wait = time given to this step before the next one
services:
  - {slug: checkout, name: Checkout, team: payments, policy: payments, target: 99.9, exposure_per_hour: 500000, demand: high, customer_facing: true, default_class: major,
     playbooks: [{title: Restart the queue, match: {alertname: QueueStuck}, body: "..."}]}
sources:
  - {slug: am, kind: alertmanager, key: "use-a-long-random-key-0001", service: checkout, grouping: labels,    # labels | service | none
     resolve_hold: 0m, class_from: {label: severity, map: {critical: critical, warning: major}, default: standard}, reopen_window: 30m, group_window: 30m}
routes:      # for sources without a service, or to override it: first match wins
  - {source: am, match: {team: payments, severity: "=~crit.*"}, service: checkout, class: critical, playbook: "Restart the queue"}
components:
  - {slug: checkout, name: Checkout, service: checkout, group: Shop, public: true}
"""

RICH = """\
organisation: {name: "Ünïcode & Söhne: 'quoted' # no comment", timezone: America/New_York}
users:
  - email: root@example.com
    role: admin
  - email: Zoe@Example.com
    name: "no"
    timezone: Australia/Sydney
    role: observer
    active: no
  - email: ann@example.com
    name: "Ann \\"the pager\\" O'Hara"
    role: manager
    methods:
      push: {kind: ntfy, address: "https://ntfy.example.com/secret-topic"}
      mail: {kind: email, address: ann@example.com, verified: yes}
      cell: {kind: sms, address: "+12125550100", verified: true}
    rules:
      standard: [{via: mail}]
      default: [{via: cell, after: 90s}, {via: mail, after: 1h}]
      critical: [{via: cell, after: 0s}]
  - {email: ben@example.com}
teams:
  - {slug: web, name: Web, members: {ben@example.com: responder, ann@example.com: lead, zoe@example.com: observer}}
  - {slug: data, name: "123", manager: ann@example.com}
  - {slug: alone, name: Alone}
areas:
  - {slug: all, name: All of it, lead: ann@example.com, teams: [web, data]}
  - {slug: none, name: Nothing yet}
schedules:
  - slug: web-primary
    name: The web, first line
    team: web
    layers:
      - {name: nights, members: [ann@example.com, ben@example.com, ann@example.com], rotate: {every: 12, unit: hour},
         starts: "2026-01-31 20:00:30", timezone: Europe/Berlin, windows: [{days: [sat, sun], from: "22:00", to: "06:00"},
         {days: [mon], from: 00:00, to: "24:00"}]}
      - {name: "monthly", members: [zoe@example.com], rotate: {every: 1, unit: month}, starts: 2026-01-31T09:00:00}
    overrides:
      - {person: ben@example.com, from: "2026-12-24T12:00", to: "2026-12-26T12:00", reason: "Family: away"}
      - {person: ann@example.com, from: "2026-11-24T12:00", to: "2026-11-24T13:00"}
      - {person: ben@example.com, from: "2020-01-01T00:00", to: "2020-01-02T00:00"}
    covers:
      - {person: ann@example.com, for: ben@example.com, from: "2026-11-24T12:00", to: "2026-11-25T12:00"}
  - {slug: bare, team: data, timezone: Africa/Cairo}
policies:
  - {slug: web, name: Web first, team: web, steps: [{wait: 30s, notify: ["schedule:web-primary", "schedule:bare"]},
     {wait: 1d, notify: ["team:web"], during: off_hours}], catch_all: ["user:Ann@example.com", "team:data", "area:all"]}
  - {slug: last, repeat: 19, steps: [{wait: 90m, notify: ["user:ann@example.com"]}], catch_all: ["user:root@example.com"]}
services:
  - slug: site
    name: Site
    team: web
    policy: web
    target: 99.950
    exposure_per_hour: 1234.50
    demand: very_high
    customer_facing: false
    playbooks:
      - {title: Zebra, body: "one line"}
      - title: Aardvark
        match: {alertname: [Down, Slow], port: 9100, canary: true, "weird: label": "!~a|b"}
        body: |
          # Restart

          1. `systemctl restart`
          2. tell *everybody*:   
             - "quotes", ünïcode, \ttab
  - {slug: plain, name: Plain, team: data, target: 100}
sources:
  - {slug: grafana, name: Grafana of the web, kind: grafana, key: "abcdefghijklmnopqrst", grouping: none, group_by: [cluster, alertname],
     reopen_window: 0m, group_window: 45s}
  - {slug: hook, kind: generic, service: plain, class_from: {label: level}, resolve_hold: 2h,
     mapping: {title: {paths: [host, text], join: ": "}, status: {paths: [state], words: {"0": resolved, broken: firing}}, each: items},
     key_hash: "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     more_key_hashes: ["sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]}
  - {slug: silent, kind: email, watching: true}
  - {slug: am, kind: alertmanager, reconcile_urls: ["http://am-1.example.com:9093", "https://am-2.example.com/am/"]}
heartbeats:
  - {slug: nightly, name: Nightly, service: plain, key: "abcdefghijklmnopqrsz", cron: "30 2 * * 1-5", timezone: Europe/London, grace: 90m}
  - {slug: am-lives, source: am, match: {alertname: Watchdog}, period: 5m, grace: 5m}
routes:
  - {source: grafana, match: {job: "=~web-.*", env: [prod, stage]}, service: site, playbook: Aardvark}
  - {match: {job: data}, service: plain, class: critical}
  - {source: grafana, service: site}
components:
  - {slug: zz, name: First on the page, service: site, public: false}
  - {slug: aa, name: Second, service: plain, group: "Data: all"}
training:
  - {person: Ben@example.com, for: "schedule:web-primary", on: 2026-05-01, by: "Ann, in two shadow shifts", until: "2027-05-01"}
  - {person: ann@example.com, for: "service:site", on: "2026-05-02"}
agreements:
  - {person: ann@example.com, for: "schedule:web-primary", on: 2026-05-02, version: "2026-1"}
  - person: ben@example.com
    for: team:web
    on: 2026-05-03
    text: |
      One week in four.
      A late start after a broken night.
rate_cards:
  - {starts: 2026-10-01, currency: USD, hourly: 40}
  - {starts: 2027-01-15, currency: USD, hourly: 41.50, mode: standby, flat: true, standby: {night: 7.25, special: 0}, secondary: 0,
     callout: {weekend: 1.75}, block: 30, per_callout: 15.10, lieu: 50, special_days: [2027-12-24, 2027-12-31],
     people: {Zoe@example.com: 55.05, ann@example.com: 60}}
"""
