/* A program of our own for the tests of `xtask run`: prints its arguments and where it runs. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char cwd[256];

	for (int i = 0; i < argc; i++)
		printf("%s ", argv[i]);
	printf("in %s\n", getcwd(cwd, sizeof(cwd)) ? cwd : "?");
	return 0;
}
