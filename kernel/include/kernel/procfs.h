/* The made-up file systems that every program expects. */
#pragma once

/* Registers "proc".  kernel/fs/procfs/procfs.c */
void procfs_init(void);
/* Registers "sysfs".  kernel/fs/sysfs/sysfs.c */
void sysfs_init(void);
/* Registers "devpts".  kernel/fs/devpts.c */
void devpts_init(void);
