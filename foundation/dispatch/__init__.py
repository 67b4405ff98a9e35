"""Due work: rows with a due time, found by the dispatcher, done by Celery or, when Celery is silent, by the dispatcher itself.

The database is the queue, Celery is the workforce, the dispatcher is the conscience (paging rules). Nothing here knows a
room; rooms register their work in a module called `due`.
"""
