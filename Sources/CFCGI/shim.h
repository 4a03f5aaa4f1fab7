#ifndef MILLRACE_CFCGI_SHIM_H
#define MILLRACE_CFCGI_SHIM_H
#include <fcgiapp.h>
#include <fastcgi.h>
#endif
