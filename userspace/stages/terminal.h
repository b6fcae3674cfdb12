/*
 * What the stages of terminals share: a pseudoterminal that stands for the user.  What is written to its
 * master is typed, what is read from it is on the screen.
 */
#pragma once

extern int tty_master;
extern int tty_slave;

/* Opens both sides; the slave becomes nobody's controlling terminal. */
void tty_open_pair(void);
void tty_type(const char *text);
/* The screen shows exactly this since it was last looked at. */
void tty_shows(const char *text);
/* The program reads exactly this at once. */
void tty_reads(const char *text);
/* Nothing is there to read. */
void tty_reads_nothing(void);
/* Waits for the "." by which a program says on the terminal that it is ready. */
void tty_wait_ready(void);
