import type { FollowerDocument, FollowersDocument } from "../serve/followers-document.ts";
import { moment, plural, sum } from "./format.ts";

/** More than that is a crowd, which is counted. */
const mostShown = 20;

interface FollowersProps {
  /** Undefined before the first answer. */
  readonly followers: FollowersDocument | undefined;
  /** Of the operator's clock. */
  readonly now: number;
}

function Row({ follower, now }: { readonly follower: FollowerDocument; readonly now: number }) {
  const { consumer, client, version, since, rejected } = follower;
  return (
    <li>
      <p>
        <b>{consumer}</b> <span class="client">{client}</span>{" "}
        {rejected !== undefined && <span class="chip bad">refused</span>}
      </p>
      <p class="quiet">
        {version === undefined ? "no version yet" : `version ${version}`}, since{" "}
        <time dateTime={since}>{moment(Date.parse(since), now)}</time>
        {rejected !== undefined && `: ${rejected}`}
      </p>
    </li>
  );
}

/** Who follows the pool at the replica that serves this page. */
export function Followers({ followers, now }: FollowersProps) {
  if (!followers) return null;
  const counts = Object.entries(followers.counts);
  const all = sum(counts.map(([, count]) => count)) ?? 0;
  const shown = followers.followers.slice(0, mostShown);
  return (
    <section class="followers" aria-labelledby="followers">
      <h2 id="followers">
        Who follows <span class="quiet">{counts.map(([consumer, count]) => `${consumer} ${count}`).join(", ")}</span>
      </h2>
      {all === 0 ? (
        <p class="empty">Nobody, at this replica.</p>
      ) : (
        <ul>
          {shown.map((follower, index) => (
            <Row key={`${follower.consumer} ${follower.client} ${follower.since} ${index}`} {...{ follower, now }} />
          ))}
        </ul>
      )}
      {all > shown.length && <p class="empty">And {plural(all - shown.length, "other")}.</p>}
    </section>
  );
}
