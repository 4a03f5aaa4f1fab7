#ifndef MILLRACE_CARCHIVE_SHIM_H
#define MILLRACE_CARCHIVE_SHIM_H
#include <archive.h>
#include <archive_entry.h>
#endif
