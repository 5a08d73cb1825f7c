# The static binary, the certificates of public authorities, and a user without rights: nothing else. `make image` builds
# it; the folder that it builds from holds the two files. BASE=busybox adds a shell, which Sonobuoy needs.
ARG BASE=scratch
FROM ${BASE}
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY vexa-conformance /usr/bin/vexa-conformance
# The journal's folder, unless --journal or VEXA_JOURNAL names another: mount a volume here to keep it.
ENV XDG_STATE_HOME=/state
COPY --chown=65532:65532 state /state
VOLUME /state
USER 65532:65532
ENTRYPOINT ["/usr/bin/vexa-conformance"]
