/* Trying an access and living on: what signal it ends with.  fault.c */
#pragma once

#include <signal.h>

/* A fault's signal number and si_code in one number; 0 when the access works. */
#define FAULT(sig, code) ((sig) << 8 | (code))
#define FAULT_UNMAPPED   FAULT(SIGSEGV, SEGV_MAPERR)
#define FAULT_DENIED     FAULT(SIGSEGV, SEGV_ACCERR)
#define FAULT_NO_FILE    FAULT(SIGBUS, BUS_ADRERR)

/* Catches SIGSEGV and SIGBUS from here on. */
void fault_catch(void);
/* A load of the byte at p, a store of the byte, a call of the code.  One thread at a time. */
int fault_of_read(const volatile void *p);
int fault_of_write(volatile void *p, char byte);
int fault_of_call(void *p);
/* Where the last fault was. */
void *fault_where(void);
