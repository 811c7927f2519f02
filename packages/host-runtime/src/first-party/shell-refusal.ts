/**
 * Why a shell command is refused: a closed table of codes, each with its class and the rule that a model reads; and the
 * names of programs that the rules are about.
 *
 * Not here: looking at commands (`shell-check.ts`).
 * Source: specification 2, d, "Shell validation".
 */

/** `blocked`: never meant well. `dangerous`: hides what runs, or takes more rights. `injection`: how data is carried off. */
type ShellRefusalClass = 'blocked' | 'dangerous' | 'injection' | 'sensitive';

export const SHELL_REFUSALS = {
  root_deletion: { class: 'blocked', rule: 'must not delete the root, a home or a folder of the system' },
  fork_bomb: { class: 'blocked', rule: 'must not start itself without end' },
  raw_disk_write: { class: 'blocked', rule: 'must not write to a disk past its file system' },
  file_system_making: { class: 'blocked', rule: 'must not make or wipe file systems' },
  download_to_shell: { class: 'blocked', rule: 'must not run what it downloads' },
  privilege: { class: 'dangerous', rule: 'must not take the rights of somebody else' },
  evaluation: { class: 'dangerous', rule: 'must not evaluate text as a command' },
  pipe_to_shell: { class: 'dangerous', rule: 'must not feed commands to a shell' },
  substituted_download: { class: 'dangerous', rule: 'must not make a command of what it downloads' },
  account_file: { class: 'dangerous', rule: 'must not touch the accounts of the machine' },
  too_nested: { class: 'dangerous', rule: 'must not be a command within a command within a command' },
  nul_byte: { class: 'injection', rule: 'must not contain NUL' },
  encoded_text: { class: 'injection', rule: 'must not write characters as numbers' },
  decoded_to_shell: { class: 'injection', rule: 'must not run what it decodes' },
  name_lookup: { class: 'injection', rule: 'must not put data into names that are looked up' },
  raw_connection: { class: 'injection', rule: 'must not send data over a connection of its own' },
  upload: { class: 'injection', rule: 'must not upload files' },
  sensitive_path: { class: 'sensitive', rule: 'must not touch files that hold credentials by custom' },
} as const satisfies Readonly<Record<string, { readonly class: ShellRefusalClass; readonly rule: string }>>;
export type ShellRefusalCode = keyof typeof SHELL_REFUSALS;

const named = (names: string): ReadonlySet<string> => new Set(names.split(' '));

export const SHELLS = named('sh bash dash ash zsh ksh mksh fish csh tcsh');
/** They run what they are fed when they are given nothing else to run. */
export const INTERPRETERS = named('python perl ruby node php lua deno bun pwsh');
export const DOWNLOADERS = named('curl wget fetch aria2c http https lynx');
export const DECODERS = named('base64 base32 basenc xxd openssl uudecode');
export const PRIVILEGES = named('sudo doas su pkexec run0 runuser');
export const FILE_SYSTEM_MAKERS = named('mke2fs mkswap wipefs blkdiscard fdisk sfdisk cfdisk sgdisk parted');
export const DISK_WRITERS = named('tee cp mv shred truncate');
export const NAME_LOOKUPS = named('dig nslookup host drill kdig delv');
export const RAW_CONNECTIONS = named('nc ncat netcat socat');
/** They run the command that follows them. */
export const WRAPPERS = named(
  'env nohup time command exec builtin nice ionice chrt taskset xargs timeout stdbuf setsid unshare chroot watch busybox',
);
/** Words of the shell's own grammar before a command. */
export const RESERVED = named('! { } if then else elif fi do done while until for case esac in function coproc');
/** Folders right below the root that belong to the system. */
export const SYSTEM_FOLDERS = named(
  'bin boot dev etc home lib lib32 lib64 opt proc root run sbin srv sys usr var applications library system users',
);
/** Names of whole disks, and of memory that is written like one. */
export const DISK = /^\/dev\/(?:[shvx]v?d[a-z]|nvme|mmcblk|r?disk|mapper\/|md\d|dm-|loop|zram|k?mem$|port$)/;
export const ACCOUNT_FILES = ['etc/passwd', 'etc/shadow', 'etc/gshadow', 'etc/sudoers', 'etc/master.passwd'] as const;
