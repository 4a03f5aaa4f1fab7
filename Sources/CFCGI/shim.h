#ifndef MILLRACE_CFCGI_SHIM_H
#define MILLRACE_CFCGI_SHIM_H

// The protocol's numbers, of libfcgi-dev. The library itself is not linked (docs/adr/0016).
#include <fastcgi.h>

#endif
