/* A closed loop of HTTP/1.1 clients on kept connections: each sends its next request when the last is answered.
 *
 *   load PORT CLIENTS SECONDS METHOD PATH BODY_BYTES [HEADER…]
 *
 * One thread, one epoll. Prints one JSON object: answers, those that were not 2xx, connections lost, seconds measured,
 * and the median and 99th percentile of a request in microseconds. A tenth of the time is warming up and not counted.
 * Answers need a Content-Length, which all of Millrace's have.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 1 << 20, SAMPLES_MAX = 1 << 22 };

struct client {
    int link;
    size_t sent, got, wanted; /* wanted: bytes of the whole answer once its head is there, else 0 */
    uint64_t began;
    char answer[16384];
};

static char *request;
static size_t request_bytes;
static int port, epoll;
static uint32_t *samples;
static size_t sample_count;
static uint64_t answers, refused, lost, measuring_from;

static uint64_t now_microseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void watch(struct client *client, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = client};
    if (epoll_ctl(epoll, operation, client->link, &event) < 0) fail("epoll_ctl");
}

static void open_link(struct client *client) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int yes = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->link = socket(AF_INET, SOCK_STREAM, 0);
    if (client->link < 0) fail("socket");
    if (connect(client->link, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    setsockopt(client->link, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    watch(client, EPOLL_CTL_ADD, EPOLLIN);
}

/* Sends what fits; waits for room with EPOLLOUT when the body is larger than the socket's buffer. */
static void send_rest(struct client *client) {
    while (client->sent < request_bytes) {
        ssize_t wrote = send(client->link, request + client->sent, request_bytes - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (wrote < 0) {
            if (errno == EAGAIN) watch(client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return; /* a lost connection shows at the next read */
        }
        client->sent += (size_t)wrote;
    }
    watch(client, EPOLL_CTL_MOD, EPOLLIN);
}

static void begin(struct client *client) {
    client->sent = client->got = client->wanted = 0;
    client->began = now_microseconds();
    size_t first = request_bytes;
    ssize_t wrote = send(client->link, request, first, MSG_NOSIGNAL | MSG_DONTWAIT);
    client->sent = wrote > 0 ? (size_t)wrote : 0;
    if (client->sent < request_bytes) send_rest(client);
}

static void begin_anew(struct client *client) {
    close(client->link);
    open_link(client);
    begin(client);
}

static void answered(struct client *client) {
    uint64_t now = now_microseconds();
    if (client->began >= measuring_from) {
        answers++;
        if (client->answer[9] != '2') refused++;
        if (sample_count < SAMPLES_MAX) samples[sample_count++] = (uint32_t)(now - client->began);
    }
    begin(client);
}

static void receive(struct client *client) {
    char rest[65536];
    size_t room = sizeof client->answer - 1;
    /* The head is kept; of a long body only the count matters. */
    char *target = client->got < room ? client->answer + client->got : rest;
    size_t fits = client->got < room ? room - client->got : sizeof rest;
    ssize_t got = recv(client->link, target, fits, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        /* nginx closes a kept connection after keepalive_requests (1000): between two requests that loses nothing. */
        if (client->got > 0 && client->began >= measuring_from) lost++;
        return begin_anew(client);
    }
    client->got += (size_t)got;
    if (!client->wanted) {
        client->answer[client->got] = 0;
        char *end = strstr(client->answer, "\r\n\r\n");
        if (!end) return;
        size_t head = (size_t)(end + 4 - client->answer);
        long length = strncmp(client->answer + 9, "204", 3) == 0 ? 0 : -1;
        for (char *line = client->answer; line < end; line = strstr(line, "\r\n") + 2)
            if (strncasecmp(line, "Content-Length:", 15) == 0) length = strtol(line + 15, NULL, 10);
        if (length < 0 || length > ANSWER_BYTES_MAX) {
            fprintf(stderr, "load: an answer without a usable Content-Length:\n%s\n", client->answer);
            exit(1);
        }
        client->wanted = head + (size_t)length;
    }
    if (client->got >= client->wanted) answered(client);
}

static int by_value(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static uint32_t percentile(double share) {
    return sample_count ? samples[(size_t)((double)(sample_count - 1) * share)] : 0;
}

int main(int count, char **arguments) {
    if (count < 7) {
        fprintf(stderr, "usage: load PORT CLIENTS SECONDS METHOD PATH BODY_BYTES [HEADER...]\n");
        return 2;
    }
    port = atoi(arguments[1]);
    int clients = atoi(arguments[2]);
    double seconds = atof(arguments[3]);
    size_t body = (size_t)atol(arguments[6]), room = body + 65536, at = 0;
    request = calloc(1, room);
    samples = malloc(SAMPLES_MAX * sizeof *samples);
    struct client *all = calloc((size_t)clients, sizeof *all);
    if (!request || !samples || !all) fail("malloc");
    at += (size_t)snprintf(request, 65536, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n", arguments[4], arguments[5]);
    if (body) at += (size_t)snprintf(request + at, 65536 - at, "Content-Length: %zu\r\n", body);
    for (int i = 7; i < count && at < 65000; i++) at += (size_t)snprintf(request + at, 65536 - at, "%s\r\n", arguments[i]);
    at += (size_t)snprintf(request + at, 65536 - at, "\r\n");
    memset(request + at, 'x', body);
    request_bytes = at + body;

    epoll = epoll_create1(0);
    uint64_t start = now_microseconds();
    uint64_t end = start + (uint64_t)(seconds * 1e6);
    measuring_from = start + (uint64_t)(seconds * 1e5);
    for (int i = 0; i < clients; i++) {
        open_link(&all[i]);
        begin(&all[i]);
    }
    struct epoll_event events[256];
    while (now_microseconds() < end) {
        int ready = epoll_wait(epoll, events, 256, 50);
        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) send_rest(client);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(client);
        }
    }
    double measured = (double)(now_microseconds() - measuring_from) / 1e6;
    qsort(samples, sample_count, sizeof *samples, by_value);
    printf("{\"answers\": %llu, \"refused\": %llu, \"lost\": %llu, \"seconds\": %.3f, \"p50\": %u, \"p99\": %u}\n",
           (unsigned long long)answers, (unsigned long long)refused, (unsigned long long)lost, measured,
           percentile(0.50), percentile(0.99));
    return 0;
}
