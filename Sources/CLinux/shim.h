// What glibc declares for _GNU_SOURCE alone, and Swift's Glibc module therefore has not.
#ifndef MILLRACE_CLINUX_SHIM_H
#define MILLRACE_CLINUX_SHIM_H
#include <pthread.h>
/* The lanes wait with these; Swift's Glibc module lacks them. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>

extern ssize_t copy_file_range(int in, off_t *in_offset, int out, off_t *out_offset, size_t length, unsigned int flags);
extern int accept4(int listening, struct sockaddr *address, socklen_t *length, int flags);
extern int pipe2(int descriptors[2], int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);

#endif
