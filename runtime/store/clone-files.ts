import { copyFile, link, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** A sorted table: it is never changed, so two stores can have the same one. */
const TABLE = /\.ldb$/;
/** Recent batches. */
const LOG = /^\d+\.log$/;
/** Which tables and which log make up the store, and which of these lists is in force. */
const LIST = /^(MANIFEST-\d+|CURRENT)$/;
/** What a file system says that has no second names for files, or no more of them for this one. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"];

/**
 * Makes a LevelDB directory with what another one has, in a moment: both have the same tables. Its owner has it open and writes
 * nothing meanwhile; that it puts its tables together anew does no harm, or leaves a store that can't be opened.
 * @param to must not exist, or be empty
 */
export async function cloneFiles(from: string, to: string): Promise<void> {
  const making = `${to}.making-${process.pid}`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  const each = async (pattern: RegExp, take: (source: string, target: string) => Promise<void>) => {
    for (const name of (await readdir(from)).filter((file) => pattern.test(file)))
      await take(join(from, name), join(making, name));
  };
  await each(TABLE, linkFile);
  // Before the list: where the log becomes a table meanwhile, the list says so; the other way round it would be missing unnoticed.
  await each(LOG, copyFile);
  await each(LIST, copyFile);
  await each(TABLE, linkFile);
  await rename(making, to);
}

async function linkFile(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    const { code } = error as { code?: string };
    // It is linked already, or was put together with others just now.
    if (code === "EEXIST" || code === "ENOENT") return;
    if (!code || !NO_LINKS.includes(code)) throw error;
    await copyFile(source, target);
  }
}
