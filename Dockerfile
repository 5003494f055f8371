# docker build -t zonerisk . && docker run --rm -v "$PWD:/work" zonerisk plan zonerisk.yaml
FROM python:3.13-slim AS build
COPY . /src
RUN python -m venv /opt/zonerisk \
    && /opt/zonerisk/bin/pip install --no-cache-dir --require-hashes -r /src/locks/score.txt \
    && /opt/zonerisk/bin/pip install --no-cache-dir --no-deps --no-build-isolation /src

FROM python:3.13-slim
COPY --from=build /opt/zonerisk /opt/zonerisk
ENV PATH=/opt/zonerisk/bin:$PATH
WORKDIR /work
USER nobody
ENTRYPOINT ["zonerisk"]
