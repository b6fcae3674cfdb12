/* The commands of xtask, one function each, in the file of their name. */
#pragma once

/* argv[0] is the command's name.  Each returns the exit code. */
int cmd_boot_stages(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_shell(int argc, char **argv);
int cmd_mutate(int argc, char **argv);
int cmd_stages(int argc, char **argv);
int cmd_matrix(int argc, char **argv);
int cmd_qemu(int argc, char **argv);
int cmd_symbolise(int argc, char **argv);
int cmd_pack(int argc, char **argv);
