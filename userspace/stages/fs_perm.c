/*
 * Stage fs.perm: who may do what (POSIX 4.7): mode bits, owners, umask, the sticky bit, set-id bits, access.
 */
#include "expect.h"
#include "scratch.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/syscall.h>

enum { ALICE = 1001, BOB = 1002, TEAM = 2001 };

/* Becomes an ordinary user for good, with TEAM as a further group. */
static void become(uid_t uid)
{
	gid_t team = TEAM;

	EXPECT_OK(setgroups(1, &team));
	EXPECT_OK(setgid(uid));
	EXPECT_OK(setuid(uid));
}

static mode_t mode_of(const char *name)
{
	return file_lstat(name).st_mode & 07777;
}

static void check_umask(void)
{
	umask(027);
	EXPECT_OK(close(open("masked", O_CREAT | O_WRONLY, 0777)));
	EXPECT_EQ(mode_of("masked"), 0750u);
	EXPECT_EQ(umask(0), 027u);
	EXPECT_OK(close(open("bare", O_CREAT | O_WRONLY, 06777)));
	EXPECT_EQ(mode_of("bare"), 06777u);
	EXPECT_EQ(umask(022), 0u);
	/* The mode counts for later openings, not for this one. */
	EXPECT_OK(close(open("none", O_CREAT | O_RDWR, 0)));
}

static void check_classes(void)
{
	pid_t pid;

	file_make("own", "x");
	EXPECT_OK(chown("own", ALICE, TEAM));
	EXPECT_OK(chmod("own", 0046)); /* the owner least of all */
	IN_CHILD(pid) {
		become(ALICE);
		EXPECT_ERRNO(open("own", O_RDONLY), EACCES);
		EXPECT_ERRNO(access("own", R_OK), EACCES);
		EXPECT_OK(access("own", F_OK));
		EXPECT_OK(chmod("own", 0646));
		EXPECT_OK(close(open("own", O_RDWR)));
		EXPECT_ERRNO(chown("own", BOB, -1), EPERM);
		EXPECT_OK(chown("own", -1, TEAM));
		EXPECT_ERRNO(chown("own", -1, 7), EPERM);
		EXPECT_OK(chmod("own", 0046));
	}
	EXPECT_CHILD_OK(pid);
	IN_CHILD(pid) {
		become(BOB); /* in the group */
		EXPECT_OK(close(open("own", O_RDONLY)));
		EXPECT_ERRNO(open("own", O_WRONLY), EACCES);
		EXPECT_ERRNO(open("own", O_RDONLY | O_TRUNC), EACCES);
		EXPECT_ERRNO(truncate("own", 0), EACCES);
		EXPECT_ERRNO(chmod("own", 0777), EPERM);
		EXPECT_ERRNO(utimensat(AT_FDCWD, "own", NULL, 0), EACCES);
	}
	EXPECT_CHILD_OK(pid);
	IN_CHILD(pid) {
		EXPECT_OK(setgroups(0, NULL));
		EXPECT_OK(setgid(BOB));
		EXPECT_OK(setuid(BOB)); /* everybody else */
		EXPECT_OK(close(open("own", O_RDWR)));
		EXPECT_ERRNO(access("own", X_OK), EACCES);
	}
	EXPECT_CHILD_OK(pid);
	/* Root reads and writes anything, but executes only what has an x bit. */
	EXPECT_OK(access("own", R_OK | W_OK));
	EXPECT_ERRNO(access("own", X_OK), EACCES);
	EXPECT_OK(chmod("own", 0001));
	EXPECT_OK(access("own", X_OK));
}

static void check_directories(void)
{
	struct stat st;
	pid_t pid;

	EXPECT_OK(mkdir("d", 0755));
	file_make("d/f", "x");
	EXPECT_OK(chmod("d", 0744)); /* may be read, not searched */
	IN_CHILD(pid) {
		become(ALICE);
		EXPECT_OK(close(open("d", O_RDONLY)));
		EXPECT_ERRNO(stat("d/f", &st), EACCES);
		EXPECT_ERRNO(chdir("d"), EACCES);
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_OK(chmod("d", 0711));
	IN_CHILD(pid) {
		become(ALICE);
		EXPECT_ERRNO(open("d", O_RDONLY), EACCES);
		EXPECT_OK(stat("d/f", &st));
		EXPECT_ERRNO(unlink("d/f"), EACCES);
		EXPECT_ERRNO(open("d/new", O_CREAT | O_WRONLY, 0644), EACCES);
		EXPECT_ERRNO(mkdir("d/new", 0755), EACCES);
		EXPECT_ERRNO(rename("d/f", "d/g"), EACCES);
		file_make("mine", "x");
		EXPECT_ERRNO(link("mine", "d/g"), EACCES);
		EXPECT_ERRNO(symlink("f", "d/g"), EACCES);
		EXPECT_ERRNO(mknod("d/null", S_IFCHR | 0666, 0x103), EACCES);
		EXPECT_ERRNO(mknod("null", S_IFCHR | 0666, 0x103), EPERM);
		EXPECT_OK(mknod("fifo", S_IFIFO | 0666, 0));
	}
	EXPECT_CHILD_OK(pid);
}

/* In a sticky directory names belong to those who own the file or the directory. */
static void check_sticky(void)
{
	pid_t pid;

	EXPECT_OK(mkdir("tmp", 0777));
	EXPECT_OK(chmod("tmp", 01777));
	file_make("tmp/alice", "x");
	EXPECT_OK(chown("tmp/alice", ALICE, ALICE));
	IN_CHILD(pid) {
		become(BOB);
		EXPECT_ERRNO(unlink("tmp/alice"), EPERM);
		EXPECT_ERRNO(rename("tmp/alice", "tmp/bob"), EPERM);
		file_make("tmp/bob", "x");
		EXPECT_ERRNO(rename("tmp/bob", "tmp/alice"), EPERM);
		EXPECT_OK(unlink("tmp/bob"));
	}
	EXPECT_CHILD_OK(pid);
	IN_CHILD(pid) {
		become(ALICE);
		EXPECT_OK(unlink("tmp/alice"));
	}
	EXPECT_CHILD_OK(pid);
}

static void check_set_id(void)
{
	pid_t pid;
	int fd;

	file_make("suid", "x");
	EXPECT_OK(chmod("suid", 06755));
	EXPECT_OK(chown("suid", ALICE, TEAM));
	EXPECT_EQ(mode_of("suid"), 0755u); /* a new owner takes them away */
	EXPECT_OK(chmod("suid", 06775));
	IN_CHILD(pid) {
		become(BOB);
		EXPECT_OK(fd = open("suid", O_WRONLY));
		EXPECT_EQ(write(fd, "y", 1), 1);
		EXPECT_OK(close(fd));
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_EQ(mode_of("suid"), 0775u); /* so does another's write */
	EXPECT_OK(mkdir("sgid", 0777));
	EXPECT_OK(chown("sgid", 0, TEAM));
	EXPECT_OK(chmod("sgid", 02777));
	EXPECT_OK(mkdir("sgid/sub", 0755));
	file_make("sgid/f", "x");
	EXPECT_EQ(file_lstat("sgid/sub").st_gid, (gid_t)TEAM);
	EXPECT_EQ(file_lstat("sgid/f").st_gid, (gid_t)TEAM);
	EXPECT_EQ(mode_of("sgid/sub"), 02755u);
	EXPECT_EQ(mode_of("sgid/f"), 0644u);
	IN_CHILD(pid) { /* nobody sets it for a group that he is not in */
		file_make("chm", "x");
		EXPECT_OK(chown("chm", ALICE, 7));
		become(ALICE);
		EXPECT_OK(chmod("chm", 02755));
		EXPECT_EQ(mode_of("chm"), 0755u);
	}
	EXPECT_CHILD_OK(pid);
}

/* access() asks for the real user, AT_EACCESS for the effective one. */
static void check_access(void)
{
	pid_t pid;

	file_make("secret", "x");
	EXPECT_OK(chmod("secret", 0600));
	IN_CHILD(pid) {
		EXPECT_OK(setreuid(ALICE, 0));
		EXPECT_ERRNO(access("secret", R_OK), EACCES);
		EXPECT_OK(syscall(SYS_faccessat2, AT_FDCWD, "secret", R_OK, AT_EACCESS));
		EXPECT_OK(close(open("secret", O_RDONLY)));
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_ERRNO(access("missing", F_OK), ENOENT);
	EXPECT_ERRNO(access("secret", 8), EINVAL);
	EXPECT_ERRNO(syscall(SYS_faccessat2, AT_FDCWD, "secret", R_OK, 1), EINVAL);
}

void stage_fs_perm(void)
{
	scratch_enter("fs.perm");
	EXPECT_OK(chmod(".", 0777));
	check_umask();
	check_classes();
	check_directories();
	check_sticky();
	check_set_id();
	check_access();
	scratch_leave();
}
