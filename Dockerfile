# Debian slim: there are no musl wheels of everything that we need.
FROM python:3.13-slim-bookworm AS build
COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/runtime.txt

FROM python:3.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SHARPEND_HOME=/var/lib/sharp-end
RUN useradd --system --uid 10001 --home-dir /var/lib/sharp-end --create-home --shell /usr/sbin/nologin sharpend
COPY --from=build /opt/venv /opt/venv
WORKDIR /opt/sharp-end
COPY . .
RUN python -m compileall -q . && SECRET_KEY=only-while-building-the-image python manage.py collectstatic --noinput
USER 10001
VOLUME /var/lib/sharp-end
EXPOSE 8000
# One image, one role per container: web, worker, dispatch, migrate.
ENTRYPOINT ["python", "manage.py"]
CMD ["web", "--host", "0.0.0.0", "--port", "8000"]
