#pragma once
#include <openssl/ssl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

/* Swift imports neither function-like macros, nor constants built by other macros, nor the typed
   stack functions: each of them that Martlet needs has one function here. */

static inline int shim_set_versions(SSL_CTX *context, int lowest, int highest) {
    return SSL_CTX_set_min_proto_version(context, lowest)
        && SSL_CTX_set_max_proto_version(context, highest);
}

/* Renegotiation is refused, compression off, no resumption of a renegotiated session. */
static inline void shim_set_safe_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
        | SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE
        | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 0);
}

/* Let the client's order of ciphers win. */
static inline void shim_prefer_client_order(SSL_CTX *context) {
    SSL_CTX_clear_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
}

static inline void shim_disable_tickets(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
}

static inline void shim_set_session_cache(SSL_CTX *context, long sessions) {
    SSL_CTX_set_session_cache_mode(
        context, sessions > 0 ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
    if (sessions > 0) SSL_CTX_sess_set_cache_size(context, sessions);
}

static inline int shim_set_groups(SSL_CTX *context, const char *names) {
    return (int)SSL_CTX_set1_groups_list(context, names);
}

static inline int shim_set_server_name(SSL *session, const char *name) {
    return (int)SSL_set_tlsext_host_name(session, name);
}

static inline int shim_has_extended_master_secret(SSL *session) {
    return SSL_get_extms_support(session) == 1;
}

static inline void shim_retry_read(BIO *bio) {
    BIO_clear_retry_flags(bio);
    BIO_set_retry_read(bio);
}

static inline void shim_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

static inline long shim_memory_contents(BIO *bio, char **start) {
    return BIO_get_mem_data(bio, start);
}

static inline int shim_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

static inline EVP_PKEY *shim_new_p256_key(void) { return EVP_EC_gen("P-256"); }

static inline STACK_OF(X509) *shim_chain_new(void) { return sk_X509_new_null(); }
static inline int shim_chain_push(STACK_OF(X509) *chain, X509 *certificate) {
    return sk_X509_push(chain, certificate);
}
static inline void shim_chain_free(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }

static inline int shim_names_count(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}
static inline const GENERAL_NAME *shim_name_at(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}

/* The string of a dNSName or rfc822Name, else NULL; *type is the name's GEN_ constant. */
static inline const ASN1_STRING *shim_name_string(const GENERAL_NAME *name, int *type) {
    *type = name->type;
    if (name->type != GEN_DNS && name->type != GEN_EMAIL) return NULL;
    return name->d.ia5;
}

/* The string of an otherName with this OID that holds a UTF8String or an IA5String, else NULL. */
static inline const ASN1_STRING *shim_other_name(const GENERAL_NAME *name, const char *oid) {
    if (name->type != GEN_OTHERNAME || name->d.otherName == NULL) return NULL;
    char text[80];
    if (OBJ_obj2txt(text, sizeof text, name->d.otherName->type_id, 1) <= 0) return NULL;
    if (strcmp(text, oid) != 0) return NULL;
    const ASN1_TYPE *value = name->d.otherName->value;
    if (value == NULL) return NULL;
    if (value->type == V_ASN1_UTF8STRING) return value->value.utf8string;
    if (value->type == V_ASN1_IA5STRING) return value->value.ia5string;
    return NULL;
}

/* MBSTRING_UTF8 is built from another macro. */
static const int shim_utf8_string = MBSTRING_UTF8;
