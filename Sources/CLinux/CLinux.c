#define _GNU_SOURCE

#include "CLinux.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>

int spawn_program(pid_t *process, char *const words[], char *const environment[], int folder, int input, int output,
                  int lock) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_init(&attributes);
    if (error) return error;
    error = posix_spawn_file_actions_init(&actions);
    if (error) {
        posix_spawnattr_destroy(&attributes);
        return error;
    }
    if (!(error = posix_spawnattr_setsigmask(&attributes, &none)) &&
        !(error = posix_spawnattr_setsigdefault(&attributes, &all)) &&
        !(error = posix_spawnattr_setflags(
              &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)) &&
        !(folder >= 0 && (error = posix_spawn_file_actions_addfchdir_np(&actions, folder))) &&
        !(error = posix_spawn_file_actions_adddup2(&actions, input, 0)) &&
        !(error = posix_spawn_file_actions_adddup2(&actions, output, 1)) &&
        !(error = posix_spawn_file_actions_adddup2(&actions, output, 2)) &&
        !(lock >= 0 && (error = posix_spawn_file_actions_adddup2(&actions, lock, 3))) &&
        !(error = posix_spawn_file_actions_addclosefrom_np(&actions, lock >= 0 ? 4 : 3)))
        error = posix_spawnp(process, words[0], &actions, &attributes, words, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

int unnamed_file(void) { return memfd_create("registry", MFD_CLOEXEC); }

int open_for_passing(const char *folder) { return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC); }

int redirect_standard_error(ssize_t (*write)(void *context, const char *bytes, size_t count), void *context) {
#ifdef __GLIBC__
    FILE *stream = fopencookie(context, "w", (cookie_io_functions_t){.write = write});
    if (!stream) return -1;
    setvbuf(stream, NULL, _IOLBF, 0);
    stderr = stream;
#endif
    return 0;
}

uid_t peer_user(int socket) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : (uid_t)-1;
}
