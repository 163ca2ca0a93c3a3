import { createHash } from "node:crypto";
import manifest from "../../package.json" with { type: "json" };
import lock from "../../package-lock.json" with { type: "json" };
import type { BundledPackage } from "./packages.ts";

const evenkeel = "SPDXRef-Package-evenkeel";

const identify = ({ name, version }: BundledPackage): string =>
  `SPDXRef-Package-${`${name}-${version}`.replace("@", "").replaceAll(/[^A-Za-z0-9.-]/g, ".")}`;

const locked = lock.packages as Readonly<Record<string, { readonly integrity?: string } | undefined>>;

function checksumOf({ place }: BundledPackage) {
  const integrity = locked[place]?.integrity;
  const sum = integrity?.startsWith("sha512-") && Buffer.from(integrity.slice("sha512-".length), "base64");
  return sum ? { checksums: [{ algorithm: "SHA512", checksumValue: sum.toString("hex") }] } : {};
}

const unknown = { downloadLocation: "NOASSERTION", filesAnalyzed: false, copyrightText: "NOASSERTION" };

const describePackage = (bundled: BundledPackage) => ({
  name: bundled.name,
  SPDXID: identify(bundled),
  versionInfo: bundled.version,
  ...unknown,
  licenseConcluded: "NOASSERTION",
  licenseDeclared: bundled.license ?? "NOASSERTION",
  ...checksumOf(bundled),
  externalRefs: [
    {
      referenceCategory: "PACKAGE-MANAGER",
      referenceType: "purl",
      referenceLocator: `pkg:npm/${bundled.name.replace("@", "%40")}@${bundled.version}`,
    },
  ],
});

const own = {
  name: manifest.name,
  SPDXID: evenkeel,
  versionInfo: manifest.version,
  primaryPackagePurpose: "APPLICATION",
  ...unknown,
  licenseConcluded: manifest.license,
  licenseDeclared: manifest.license,
};

/** SPDX 2.3: the packages inside the bundles, and in which. The same for the same packages and time. */
export function sbomOf(bundled: readonly BundledPackage[], created: Date) {
  // The same package may lie in two places of the tree.
  const packages = [own, ...new Map(bundled.map((one) => [identify(one), describePackage(one)])).values()];
  const relationships = [
    { spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: evenkeel },
    ...bundled.map((one) => ({
      spdxElementId: evenkeel,
      relationshipType: "CONTAINS",
      relatedSpdxElement: identify(one),
      comment: `Inside of: ${one.bundles.join(", ")}.`,
    })),
  ];
  const digest = createHash("sha256")
    .update(JSON.stringify([created, packages, relationships]))
    .digest("hex");
  const name = `${manifest.name}@${manifest.version}`;
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name,
    documentNamespace: `https://spdx.org/spdxdocs/${manifest.name}-${manifest.version}-${digest.slice(0, 32)}`,
    creationInfo: { created: `${created.toISOString().slice(0, 19)}Z`, creators: [`Tool: ${manifest.name}-build`] },
    documentDescribes: [evenkeel],
    packages,
    relationships,
  };
}
