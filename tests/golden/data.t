`data add` brings files and folders under the store's care. The digest is MD5, as DVC has it; the
pointer beside the data belongs in git.

  $ mkdir -p photos/2026 && printf 'leak\n' > photos/2026/a.txt && printf 'boiler\n' > photos/b.txt
  $ printf 'id,text\n1,no water\n' > calls.csv
  $ curbstop data add photos calls.csv
  added  photos  2 files, 12 B  dbe1c2a45748bb6f8eb367a7ffab42a4.dir
  added  calls.csv  1 file, 19 B  eff128fdae6d7f897cfa1278547b5750
  ! next: `git add photos.dvc calls.csv.dvc` keeps the pointers
  $ cat calls.csv.dvc
  outs:
  - md5: eff128fdae6d7f897cfa1278547b5750
    size: 19
    hash: md5
    path: calls.csv
  $ cat .gitignore
  /photos
  /calls.csv
  $ curbstop data add calls.csv
  unchanged  calls.csv  1 file, 19 B  eff128fdae6d7f897cfa1278547b5750
  $ curbstop data status
  clean: 2 pointers, 3 files

From a folder below, paths are as the shell has them.

  $ cd photos && curbstop data add ../calls.csv
  unchanged  calls.csv  1 file, 19 B  eff128fdae6d7f897cfa1278547b5750

What cannot be added is named.

  $ curbstop data add nope.csv
  ! error: cannot add `nope.csv`
  !   because there is no `nope.csv`
  ? 3
  $ curbstop data add calls.cvs
  ! error: cannot add `calls.cvs`
  !   because there is no `calls.cvs`
  ? 3
  $ curbstop data add ..
  ! error: `..` lies outside of the project `WORK`
  ? 2
  $ curbstop data add .
  ! error: cannot add `.`
  !   because the project's own folder cannot be added as data
  ! hint: name a file or folder in it
  ? 2
  $ curbstop data add photos/b.txt
  ! error: cannot add `photos/b.txt`
  !   because it is part of `photos`, which `photos.dvc` tracks
  ! hint: `curbstop data add photos` takes the whole
  ? 2
  $ curbstop data add calls.csv.dvc
  ! error: cannot add `calls.csv.dvc`
  !   because a `.dvc` file is a pointer, not data
  ? 2
  $ curbstop data add .git/config
  ! error: cannot add `.git/config`
  !   because the path `.git/config` lies in `.git`, `.dvc` or `.curbstop`
  ? 2
  $ curbstop data add .dvc/config
  ! error: cannot add `.dvc/config`
  !   because the path `.dvc/config` lies in `.git`, `.dvc` or `.curbstop`
  ? 2
  $ mkfifo pipe && curbstop data add pipe
  ! error: cannot add `pipe`
  !   because `pipe` is no plain file (a pipe, socket or device)
  ! hint: move it out of the data, or replace it by the file itself
  ? 2
  $ mkdir empty && curbstop data add empty
  added  empty  0 files, 0 B  d751713988987e9331980363e24189ce.dir
  ! next: `git add empty.dvc` keeps the pointers

`status` says what differs from the pointers, and exits 1.

  $ rm photos/b.txt && printf 'new\n' > photos/c.txt
  $ rm calls.csv && printf 'id,text\n1,no heat\n' > calls.csv
  $ curbstop data status
  modified  calls.csv
  deleted   photos/b.txt
  added     photos/c.txt
  ! next: `curbstop data add` keeps what is in the folder, `curbstop data checkout` brings back what the pointers name
  ? 1
  $ curbstop data status calls.csv
  modified  calls.csv
  ! next: `curbstop data add` keeps what is in the folder, `curbstop data checkout` brings back what the pointers name
  ? 1
  $ curbstop data status nope
  ! error: `nope` is not tracked
  ! hint: `curbstop data add nope` tracks it
  ? 3
  $ curbstop data status --json photos
  {
    "clean": false,
    "changes": [
      {
        "path": "photos/b.txt",
        "change": "deleted"
      },
      {
        "path": "photos/c.txt",
        "change": "added"
      }
    ],
    "pointers": 1,
    "files": 2
  }
  ! next: `curbstop data add` keeps what is in the folder, `curbstop data checkout` brings back what the pointers name
  ? 1
  $ mkdir elsewhere && cd elsewhere && curbstop data status ../photos
  deleted   photos/b.txt
  added     photos/c.txt
  ! next: `curbstop data add` keeps what is in the folder, `curbstop data checkout` brings back what the pointers name
  ? 1

`checkout` makes the folder what the pointers say; what would be lost is shown first.

  $ curbstop data checkout --dry-run
  modified  calls.csv
  deleted   photos/b.txt
  added     photos/c.txt
  ! 2 files with contents that the store does not have:
  !   calls.csv
  !   photos/c.txt
  $ curbstop data checkout
  ! 2 files with contents that the store does not have:
  !   calls.csv
  !   photos/c.txt
  ! error: these files would be lost
  ! hint: `curbstop data add` keeps them, `--yes` gives them up
  ? 4
  $ cat calls.csv
  id,text
  1,no heat
  $ curbstop data checkout photos --yes
  1 file written, 1 removed
  ! 1 file with contents that the store does not have:
  !   photos/c.txt
  $ curbstop data checkout --yes
  1 file written, 0 removed
  ! 1 file with contents that the store does not have:
  !   calls.csv
  $ curbstop data checkout
  nothing to do
  $ cat calls.csv photos/b.txt
  id,text
  1,no water
  boiler
  $ curbstop data checkout nope
  ! error: `nope` is not tracked
  ! hint: `curbstop data add nope` tracks it
  ? 3

`du` shows what takes the space; `gc` removes what no pointer, lock, commit or run names.

  $ curbstop data du
  data        size  shared  objects  missing
  photos     147 B     0 B        3        0
  calls.csv   19 B     0 B        1        0
  empty        2 B     0 B        1        0
  store: 168 B in 5 objects; named by none of these: 0 B in 0
  $ rm calls.csv.dvc
  $ curbstop data gc --dry-run
  WORK/.dvc/cache/files/md5/ef/f128fdae6d7f897cfa1278547b5750
  ! note: no git repository: only the pointers in the work tree count
  ! named by nothing: 1 object, 19 B; kept: 4 objects, 149 B
  $ curbstop data gc
  ! note: no git repository: only the pointers in the work tree count
  ! named by nothing: 1 object, 19 B; kept: 4 objects, 149 B
  ! WORK/.dvc/cache/files/md5/ef/f128fdae6d7f897cfa1278547b5750
  ! error: cannot ask "remove them for good?": stdin is not a terminal
  ! hint: add `--yes` if you mean it
  ? 5
  $ curbstop data gc --yes
  removed 1 object, 19 B
  ! note: no git repository: only the pointers in the work tree count
  ! named by nothing: 1 object, 19 B; kept: 4 objects, 149 B
  $ curbstop data gc --yes
  nothing to remove; kept: 4 objects, 149 B
  ! note: no git repository: only the pointers in the work tree count
  $ curbstop data du --json
  {
    "uses": [
      {
        "name": "photos",
        "bytes": 147,
        "shared_bytes": 0,
        "objects": 3,
        "missing_objects": 0
      },
      {
        "name": "empty",
        "bytes": 2,
        "shared_bytes": 0,
        "objects": 1,
        "missing_objects": 0
      }
    ],
    "bytes": 149,
    "objects": 4,
    "unreferenced_bytes": 0,
    "unreferenced_objects": 0
  }

A pointer that is broken, and an object that is gone.

  $ printf 'outs: [' > broken.dvc
  $ curbstop data status broken.dvc
  ! error: broken.dvc:1:1: the `[` that opens here or before is not closed as YAML wants it
  ! hint: a value that holds `: ` or ` #`, or starts with one of `{[&*!|>%@"'`, must stand in quotes, or on lines of its own under `|`
  ? 2
  $ curbstop data gc --yes
  ! error: cannot tell what is still named
  !   because broken.dvc:1:1: the `[` that opens here or before is not closed as YAML wants it
  ! hint: a value that holds `: ` or ` #`, or starts with one of `{[&*!|>%@"'`, must stand in quotes, or on lines of its own under `|`
  ? 2
  $ rm broken.dvc
  $ rm -f .dvc/cache/files/md5/*/*.dir && rm -r photos
  $ curbstop data checkout
  ! error: the list of the folder `empty` is not in the store: `WORK/.dvc/cache/files/md5/d7/51713988987e9331980363e24189ce.dir`
  ! hint: copy the objects from where the data was added
  ? 3
  $ curbstop data status
  missing   empty
  missing   photos
  ! next: copy the objects from the store where the data was added
  ? 1
