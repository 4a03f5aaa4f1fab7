#ifndef MILLRACE_CZLIB_SHIM_H
#define MILLRACE_CZLIB_SHIM_H
#include <zlib.h>
#endif
