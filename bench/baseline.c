/* The baseline: the least a libfcgi program can do, with as many threads as `server.work_threads`.
 *
 *   baseline SOCKET THREADS [HOLD_SECONDS]
 *
 * It answers /healthz as Millrace does, byte for byte. With HOLD_SECONDS every answer waits that long: what a parked
 * poll would cost with a thread each (docs/adr/0002).
 */
#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int listening;
static unsigned hold_seconds;

static void *serve(void *unused) {
    FCGX_Request request;
    (void)unused;
    FCGX_InitRequest(&request, listening, 0);
    while (FCGX_Accept_r(&request) >= 0) {
        const char *method = FCGX_GetParam("REQUEST_METHOD", request.envp);
        const char *uri = FCGX_GetParam("REQUEST_URI", request.envp);
        int found = method && uri && strcmp(method, "GET") == 0 && strcmp(uri, "/healthz") == 0;
        const char *body = found ? "ok\n" : "not found\n";
        if (hold_seconds) sleep(hold_seconds);
        FCGX_FPrintF(request.out, "Status: %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
                     found ? "200 OK" : "404 Not Found", (int)strlen(body), body);
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: baseline SOCKET THREADS [HOLD_SECONDS]\n");
        return 2;
    }
    int threads = atoi(arguments[2]);
    hold_seconds = count > 3 ? (unsigned)atoi(arguments[3]) : 0;
    FCGX_Init();
    umask(0117);
    unlink(arguments[1]);
    /* The backlog of LaneLimits.backlog: with a short one nginx answers 502 under load. */
    listening = FCGX_OpenSocket(arguments[1], 1024);
    if (listening < 0) {
        perror(arguments[1]);
        return 1;
    }
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, serve, NULL) != 0) {
            perror("pthread_create");
            return 1;
        }
    }
    serve(NULL);
    return 0;
}
