# SPDX-License-Identifier: Apache-2.0
"""A Dockerfile's steps carried out without a Docker engine, and what comes of them run as one would.

Each stage is a root directory of its own that begins as debootstrap makes one; RUN goes into it by
chroot, in namespaces of mounts and processes of its own, so nothing stays mounted and nothing stays
running. What else an engine does (layers, networks, limits) is not imitated, and an instruction
that is not known here fails the build.
"""

import fnmatch
import json
import os
import re
import shutil
import subprocess

from dockerfile_parse import DockerfileParser

from support import process
from support.kafka_broker import TOP

NEEDS = ("debootstrap", "unshare", "chroot", "setpriv")
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec"]
# In a stage's root ($1) and directory ($2): the words that follow, with /proc.
RUN = 'mount -t proc proc "$1/proc"; root=$1 dir=$2; shift 2; exec chroot "$root" env -i -C "$dir" "$@"'
# The same with a root that cannot be written to, as user and group $2, without any right.
START = """
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -o remount,bind,ro "$1"
root=$1 user=$2; shift 2
exec chroot "$root" setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups --no-new-privs \
    --bounding-set=-all --inh-caps=-all env -i "$@"
"""


def context():
    """The repository's files that an engine would be sent: not those that .dockerignore names, each of
    its patterns being one for the first part of a path."""
    with open(os.path.join(TOP, ".dockerignore"), encoding="utf-8") as lines:
        patterns = [line.strip() for line in lines if line.strip() and line[0] != "#"]
    assert not any("/" in pattern.removeprefix("**/") for pattern in patterns)
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return [name for name in names if os.path.isfile(os.path.join(TOP, name))
            and not any(fnmatch.fnmatch(name.split("/")[0], pattern) for pattern in patterns)]


class Stage:
    """The root of one FROM, and what its instructions said about how to run it."""

    def __init__(self, root, args):
        self.root = root
        self.args = args
        self.workdir = "/"
        self.user = "0:0"
        self.env = [PATH]
        self.entrypoint, self.cmd, self.health = [], [], []
        self.labels = ""

    def path(self, name):
        """Where a path of the image is, seen from outside."""
        return os.path.join(self.root, os.path.join(self.workdir, name).lstrip("/"))

    def run(self, value):
        argv = json.loads(value) if value.startswith("[") else ["/bin/sh", "-c", value]
        done = subprocess.run([*UNSHARE, RUN, "sh", self.root, self.workdir, *self.env, *argv],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        assert done.returncode == 0, f"RUN {value}: exit {done.returncode}\n{done.stdout[-4000:]}"

    def copy(self, names, source, target):
        """Copies files of the directory `source`, each to its place below `target`."""
        for name in names:
            to = self.path(os.path.join(target, name))
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy(os.path.join(source, name), to)

    def popen(self, argv, **options):
        """Starts a program in it as an engine would; `process.children` of it has its PID 1."""
        return process.spawn([*UNSHARE, START, "sh", self.root, self.user, *self.env, *argv], **options)


class Build:
    """Carries out a Dockerfile. `stages`: each by its number and by its name; `image` is the last."""

    def __init__(self, dockerfile, directory):
        self.directory = directory
        self.stages = {}
        self.image = None
        self.args = {}
        parser = DockerfileParser(path=os.path.join(TOP, dockerfile), cache_content=True, env_replace=False)
        for step in parser.structure:
            if step["instruction"] != "COMMENT":
                getattr(self, step["instruction"].lower())(step["value"])

    def _filled(self, value):
        """With each ${NAME} of ARG replaced."""
        args = self.image.args if self.image else self.args
        return re.sub(r"\$\{(\w+)\}", lambda name: args[name[1]], value)

    def _base(self, name):
        """A root as debootstrap makes it, kept for the next time."""
        release = re.fullmatch(r"debian:(\w+)-\d{8}-slim@sha256:[0-9a-f]{64}", name)[1]
        root = os.path.join(self.directory, f"debian-{release}")
        if not os.path.exists(root):
            shutil.rmtree(root + ".new", ignore_errors=True)
            process.run_as(["debootstrap", "--variant=minbase", release, root + ".new"], timeout=600)
            os.rename(root + ".new", root)
        return root

    def arg(self, value):
        name, _, default = value.partition("=")
        (self.image.args if self.image else self.args)[name] = default

    def from_(self, value):
        image, name = re.fullmatch(r"(\S+)(?: AS (\w+))?", value).groups()
        self.image = None  # an ARG before the first FROM is for all FROMs
        base = self._base(self._filled(image))
        root = os.path.join(self.directory, f"stage-{len({id(stage) for stage in self.stages.values()})}")
        shutil.rmtree(root, ignore_errors=True)
        process.run_as(["cp", "-a", base, root], timeout=300)
        shutil.copy("/etc/resolv.conf", os.path.join(root, "etc"))
        self.image = self.stages[name or root] = Stage(root, {})

    def workdir(self, value):
        self.image.workdir = value
        os.makedirs(self.image.path("."), exist_ok=True)

    def copy(self, value):
        *sources, target = value.split()
        if sources[0].startswith("--from="):
            origin = self.stages[sources.pop(0).removeprefix("--from=")]
            for source in sources:
                self.image.copy([os.path.basename(source)], os.path.dirname(origin.path(source)), target)
            return
        for source in sources:
            below = "" if source == "." else os.path.dirname(source)
            names = [os.path.relpath(name, below or ".") for name in context()
                     if source in (".", name) or name.startswith(source + "/")]
            assert names, f"COPY {source}: .dockerignore leaves nothing of it"
            self.image.copy(names, os.path.join(TOP, below), target)

    def run(self, value):
        self.image.run(value)

    def env(self, value):
        self.image.env.append(self._filled(value))

    def label(self, value):
        self.image.labels += self._filled(value)

    def user(self, value):
        self.image.user = value

    def expose(self, value):
        pass

    def entrypoint(self, value):
        self.image.entrypoint = json.loads(value)

    def cmd(self, value):
        self.image.cmd = json.loads(value)

    def healthcheck(self, value):
        self.image.health = json.loads(value.partition("CMD ")[2])


setattr(Build, "from", Build.from_)
