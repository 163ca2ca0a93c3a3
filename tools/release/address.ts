/** Where the project is published. */
export interface Addresses {
  /** The repository's page. */
  readonly repository?: string | undefined;
  /** Under it, each version has a folder `vX.Y.Z` with its archives. */
  readonly releases?: string | undefined;
  /** The image without a tag, as in registry.example.com/team/evenkeel. */
  readonly image?: string | undefined;
}

/** An address as it stands before a `/`; throws, saying what is wrong with it. */
function readAddress(flag: string, text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== "https:") throw new Error(`${flag} ${text}: an address that begins with https:// is wanted`);
  if (url.username || url.password) throw new Error(`${flag}: an address without user and password is wanted`);
  if (url.search || url.hash) throw new Error(`${flag} ${text}: an address without ? and # is wanted`);
  return url.href.replace(/\/+$/, "");
}

/** The name of an image as Docker has it; throws where there is a tag, which the version is. */
function readImage(text: string): string {
  if (!/^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/.test(text))
    throw new Error(
      `--image ${text}: the name of an image is wanted, without a tag, such as registry.example.com/evenkeel`,
    );
  return text;
}

/** What the flags say; a repository alone has its releases where GitHub keeps them. */
export function readAddresses(flags: Addresses): Addresses {
  const read = (name: "repository" | "releases"): string | undefined =>
    flags[name] === undefined ? undefined : readAddress(`--${name}`, flags[name]);
  const repository = read("repository")?.replace(/\.git$/, "");
  const image = flags.image === undefined ? undefined : readImage(flags.image);
  return { repository, releases: read("releases") ?? (repository && `${repository}/releases/download`), image };
}
