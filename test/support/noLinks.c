/* Preloaded, makes the program believe that the file system knows no hard links, as FAT does. */
#include <errno.h>

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
