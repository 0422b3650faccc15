package maildir

import (
	"errors"
	"io/fs"
	"syscall"

	"studymail"
)

var errNotDir = errors.New("not a directory")

// explain says what is wrong with the folder and what to do. The names of files
// in it are UUIDs, so the cause may be logged.
func (f *Folder) explain(doing string, err error) error {
	var why string
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		why = "the disk is full (or the quota used up): free some space; the mail waits and goes on by itself"
	case errors.Is(err, syscall.EROFS):
		why = "the file system is read-only: mount it for writing, or set MAILDIR_PATH to another folder"
	case errors.Is(err, fs.ErrPermission):
		why = "no permission: let the user that runs studymail write there, or set MAILDIR_PATH to another folder"
	case errors.Is(err, errNotDir), errors.Is(err, syscall.ENOTDIR):
		why = "a file stands where a directory is needed: move it away, or set MAILDIR_PATH to another folder"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		why = "too many open files: raise the limit (ulimit -n)"
	case errors.Is(err, fs.ErrNotExist):
		why = "a directory of it was removed: start studymail again to have it made anew"
	default:
		why = "check the disk and the folder"
	}
	return &studymail.Error{
		Code:    studymail.Unavailable,
		Message: "cannot " + doing + " the Maildir folder " + f.path + ": " + why,
		Cause:   err,
	}
}
