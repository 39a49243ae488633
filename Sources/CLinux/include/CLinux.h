#pragma once

#include <sys/types.h>

// Linux's own calls, which Swift's `Glibc` module does not show.

/// Starts a program in a session of its own, with signals as at a login and no descriptor but those that are named.
///
/// - folder: its working directory, a descriptor; -1 for this process's.
/// - lock: becomes descriptor 3, so that a lock on it lasts as long as the program; -1 for none.
/// - returns: 0, or the number of an error.
int spawn_program(pid_t *process, char *const words[], char *const environment[], int folder, int input, int output,
                  int lock);

/// A file in memory; -1 when there can be none.
int unnamed_file(void);

/// Opens a folder for what is in it, without the right to list it; -1 when that fails.
int open_for_passing(const char *folder);

/// Hands what libraries print to C's `stderr` to a function, a line or more at a time; the descriptor stays as it is. Does
/// nothing where the C library has no such streams.
///
/// - returns: 0, or -1 when there is no memory for it.
int redirect_standard_error(ssize_t (*write)(void *context, const char *bytes, size_t count), void *context);

/// The user at the other end of a Unix socket, or (uid_t)-1.
uid_t peer_user(int socket);
