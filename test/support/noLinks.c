/* Preloaded, makes the program believe that the file system knows no hard links, as FAT does; and, where told, that renaming fails. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

int link(const char *from, const char *to) {
  (void)from;
  (void)to;
  errno = EPERM;
  return -1;
}

int linkat(int fromFolder, const char *from, int toFolder, const char *to, int flags) {
  (void)fromFolder;
  (void)toFolder;
  (void)flags;
  return link(from, to);
}

int rename(const char *from, const char *to) {
  if (getenv("NO_RENAME") == NULL) return renameat(AT_FDCWD, from, AT_FDCWD, to);
  errno = EIO;
  return -1;
}
