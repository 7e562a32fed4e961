// SPDX-License-Identifier: Apache-2.0
//
// What `check` sees of protection: connections that others can read or take over, and files with
// secrets that others can read. The daemon says the same in its log when it starts.
//
// A connection within this host needs none: who can read it can read the process.
#include "check.h"

#include "outrider/base/address.h"
#include "outrider/base/log.h"
#include "outrider/base/xalloc.h"
#include "outrider/store/transport.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// --- PostgreSQL

static const struct {
    const char *sslmode;
    enum finding finding;
    const char *means;
} sslmodes[] = {
    {"disable", FINDING_POSTGRES_PLAINTEXT, "nothing is encrypted"},
    {"allow", FINDING_POSTGRES_PLAINTEXT,
     "nothing is encrypted, unless the server insists, and who stands in between decides that"},
    {"prefer", FINDING_POSTGRES_PLAINTEXT,
     "it is encrypted when the server offers that, and who stands in between can take the offer "
     "away"},
    {"require", FINDING_POSTGRES_UNVERIFIED, "the server's certificate is not checked"},
    {"verify-ca", FINDING_POSTGRES_UNVERIFIED,
     "the certificate may be that of any other host of the same authority"},
};

static void
check_dsn(const char *key, const char *dsn, struct findings *findings)
{
    struct text word __attribute__((cleanup(text_free))) = {0};
    struct transport transport;

    transport_find(dsn, &transport);
    // With a root certificate libpq takes "require" for "verify-ca".
    const char *mode = transport.has_root && str_equal(transport.sslmode, "require")
                           ? "verify-ca"
                           : transport.sslmode;
    for (size_t i = 0; i < sizeof sslmodes / sizeof sslmodes[0]; i++)
        if (transport.host != NULL && !transport.encrypted && str_equal(sslmodes[i].sslmode, mode))
            FIND(findings, sslmodes[i].finding, key, transport.host, transport.sslmode,
                 sslmodes[i].means);
    if (transport.refused != NULL) {
        text_append_shell(&word, transport.refused);
        FIND(findings, FINDING_PASSFILE_REFUSED, transport.refused, key, text_str(&word));
    }
    transport_free(&transport);
}

// --- Kafka

// "PROTOCOL://[::1]:9092" or "host": the host. Caller frees.
static char *
host_of_broker(const char *broker)
{
    const char *scheme = strstr(broker, "://");
    const char *host = scheme != NULL ? scheme + 3 : broker;
    const char *bracket = *host == '[' ? strchr(host, ']') : NULL;

    if (bracket != NULL)
        return xstrndup(host + 1, (size_t)(bracket - host - 1));
    const char *colon = strrchr(host, ':');
    return colon != NULL && strchr(host, ':') == colon ? xstrndup(host, (size_t)(colon - host))
                                                       : xstrdup(host);
}

// The first broker that is not this host itself; NULL: there is none. Caller frees.
static char *
find_remote_broker(const struct settings *settings)
{
    AUTOFREE char *brokers = producer_effective_property(&settings->producer, "bootstrap.servers");
    char *rest = brokers, *broker;

    while ((broker = strsep(&rest, ", ")) != NULL) {
        AUTOFREE char *host = *broker != '\0' ? host_of_broker(broker) : NULL;
        if (host != NULL && !address_is_own(host))
            return xstrdup(broker);
    }
    return NULL;
}

static bool
property_is(const struct settings *settings, const char *name, const char *value)
{
    AUTOFREE char *own = producer_effective_property(&settings->producer, name);
    return str_equal_nocase(own, value);
}

static void
check_brokers(const struct settings *settings, struct findings *findings)
{
    AUTOFREE char *broker = find_remote_broker(settings);

    if (broker == NULL)
        return;
    if (property_is(settings, "security.protocol", "plaintext"))
        FIND(findings, FINDING_KAFKA_PLAINTEXT, broker, "plaintext", "messages are");
    else if (property_is(settings, "security.protocol", "sasl_plaintext"))
        FIND(findings, FINDING_KAFKA_PLAINTEXT, broker, "sasl_plaintext",
             "messages are, and with SASL PLAIN the password is,");
    else if (property_is(settings, "enable.ssl.certificate.verification", "false"))
        FIND(findings, FINDING_KAFKA_UNVERIFIED, broker,
             "enable.ssl.certificate.verification is false: a certificate of anybody is taken");
    else if (property_is(settings, "ssl.endpoint.identification.algorithm", "none"))
        FIND(findings, FINDING_KAFKA_UNVERIFIED, broker,
             "ssl.endpoint.identification.algorithm is none: the certificate may be that of any "
             "other host of the same authority");
}

// --- files

// By whom it can be read beside its owner; NULL: by none. An administrator who gives a file of
// root's to a group means that group: so the package does, for root and the service's user.
static const char *
readers(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return NULL;
    if (st.st_mode & S_IROTH)
        return "every user of this host";
    return (st.st_mode & S_IRGRP) && st.st_uid != 0 ? "every user of its group" : NULL;
}

static void
check_file(const char *path, struct findings *findings)
{
    struct text word __attribute__((cleanup(text_free))) = {0};
    const char *who = readers(path);

    if (who == NULL)
        return;
    text_append_shell(&word, path);
    FIND(findings, FINDING_SECRET_READABLE, path, who, text_str(&word));
}

static void
check_files(const struct settings *settings, struct findings *findings)
{
    char *path;

    for (size_t i = 0; (path = settings_secret_file(settings, i)) != NULL; i++) {
        check_file(path, findings);
        free(path);
    }
}

void
check_protection(const struct settings *settings, struct findings *findings)
{
    const struct store_settings *store = &settings->store;

    check_dsn("database.dsn", store->dsn, findings);
    if (store->direct_dsn != NULL)
        check_dsn("database.direct_dsn", store->direct_dsn, findings);
    check_brokers(settings, findings);
    check_files(settings, findings);
}

void
check_log_unprotected(const struct settings *settings)
{
    struct findings findings = {0};

    check_protection(settings, &findings);
    for (size_t i = 0; i < findings.count; i++)
        LOG(LOG_WARN, "unprotected",
            LOG_STR("finding", finding_kinds[findings.found[i].finding].code),
            LOG_STR("text", findings.found[i].detail), LOG_STR("next", findings.found[i].remedy));
    findings_free(&findings);
}
