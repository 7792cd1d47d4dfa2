import os, sys, ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
arm = os.uname().machine == "aarch64"
number = {k: v[arm] for k, v in dict(
    ptrace=(101, 117), process_vm_readv=(310, 270), process_vm_writev=(311, 271), memfd_create=(319, 279), execveat=(322, 281),
    keyctl=(250, 219), add_key=(248, 217), bpf=(321, 280), userfaultfd=(323, 282), perf_event_open=(298, 241), clone=(56, 220),
    unshare=(272, 97), setns=(308, 268), mount=(165, 40), umount2=(166, 39), pivot_root=(155, 41), chroot=(161, 51),
    open_by_handle_at=(304, 265), init_module=(175, 105), kexec_load=(246, 104), reboot=(169, 142), seccomp=(317, 277),
    prctl=(157, 167), capset=(126, 91), shmget=(29, 194), semget=(64, 190), msgget=(68, 186), mq_open=(240, 180),
    personality=(135, 92), sethostname=(170, 161), tkill=(200, 130), tgkill=(234, 131), vmsplice=(278, 75), kcmp=(312, 272),
    io_uring_setup=(425, 425), pidfd_open=(434, 434), pidfd_send_signal=(424, 424), clone3=(435, 435), close_range=(436, 436),
    openat2=(437, 437), process_madvise=(440, 440), mount_setattr=(442, 442), landlock_create_ruleset=(444, 444),
    memfd_secret=(447, 447), open_tree=(428, 428), fsopen=(430, 430), ioprio_set=(251, 30), rt_sigqueueinfo=(129, 138),
    socket=(41, 198), execve=(59, 221), kill=(62, 129), iopl=(172, -1), swapon=(167, 224), settimeofday=(170, 170),
).items()}
def call(name, *args):
    "The system call's result, or minus the error number."
    r = libc.syscall(number[name], *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    return -ctypes.get_errno() if r < 0 else r
def refused(f, *args, **more):
    try:
        f(*args, **more)
    except (OSError, ValueError, MemoryError, RuntimeError, AttributeError):
        return True
    return False
def verdict(*contained):
    print("contained" if all(contained) else "ESCAPED %r" % (contained,), flush=True)
