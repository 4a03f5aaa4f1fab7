#ifndef MILLRACE_CLIBPQ_SHIM_H
#define MILLRACE_CLIBPQ_SHIM_H
#include <libpq-fe.h>
#endif
