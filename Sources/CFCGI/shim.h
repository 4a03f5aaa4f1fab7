#ifndef MILLRACE_CFCGI_SHIM_H
#define MILLRACE_CFCGI_SHIM_H
#include <fcgiapp.h>
#include <fastcgi.h>
/* The poll lane's own FastCGI reader waits with these; Swift's Glibc module lacks them. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif
