#ifndef MILLRACE_CCURL_SHIM_H
#define MILLRACE_CCURL_SHIM_H
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

// curl_easy_setopt and curl_easy_getinfo take any type by "...", which Swift cannot call.
static inline CURLcode millrace_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode millrace_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode millrace_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode millrace_curl_set_reader(CURL *handle, CURLoption option, size_t (*reader)(char *, size_t, size_t, void *)) {
    return curl_easy_setopt(handle, option, reader);
}
static inline CURLcode millrace_curl_set_opener(CURL *handle, curl_socket_t (*opener)(void *, curlsocktype, struct curl_sockaddr *)) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, opener);
}
static inline long millrace_curl_status(CURL *handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}
static inline const struct sockaddr *millrace_curl_address(const struct curl_sockaddr *address) {
    return &address->addr;
}
// Not inherited by git, runners and whatever else is started meanwhile.
static inline curl_socket_t millrace_curl_open(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
#endif
