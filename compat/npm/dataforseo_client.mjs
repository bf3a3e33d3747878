// Reads answers of a running server with the published npm client of the vendor's API.
//
// usage: node dataforseo_client.mjs HOST USERNAME PASSWORD TARGET [EXPECTED_TOTAL_COUNT]
//
// HOST is http://ADDRESS:PORT. Exit code 0: all checks passed.

import { BacklinksApi, BacklinksBacklinksLiveRequestInfo } from "dataforseo-client";

const LIMIT = 1000;
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+00:00$/;

// The types of what the client's model declares; a question mark: may be null.
const TYPES = {
  type: "string", domain_from: "string", url_from: "string", url_from_https: "boolean", domain_to: "string",
  url_to: "string", url_to_https: "boolean", tld_from: "string?", is_new: "boolean", is_lost: "boolean",
  backlink_spam_score: "integer?", rank: "integer", page_from_rank: "integer", domain_from_rank: "integer",
  domain_from_platform_type: "array?", domain_from_is_ip: "boolean", domain_from_ip: "string?",
  domain_from_country: "string?", page_from_external_links: "integer?", page_from_internal_links: "integer?",
  page_from_size: "integer?", page_from_encoding: "string?", page_from_language: "string?",
  page_from_title: "string?", page_from_status_code: "integer?", first_seen: "time", prev_seen: "time?",
  last_seen: "time", item_type: "string", attributes: "array?", dofollow: "boolean", original: "boolean",
  alt: "string?", image_url: "string?", anchor: "string?", text_pre: "string?", text_post: "string?",
  semantic_location: "string?", links_count: "integer", group_count: "integer", is_broken: "boolean",
  url_to_status_code: "integer?", url_to_spam_score: "integer?", url_to_redirect_target: "string?",
  is_indirect_link: "boolean",
};

const failures = [];

function check(isFine, what) {
  if (!isFine) failures.push(what);
}

function api(host, username, password) {
  const authorization = `Basic ${btoa(`${username}:${password}`)}`;
  const withKey = (url, init) => fetch(url, { ...init, headers: { ...init.headers, Authorization: authorization } });
  return new BacklinksApi(host, { fetch: withKey });
}

async function ask(client, fields) {
  const answer = await client.backlinksLive([new BacklinksBacklinksLiveRequestInfo(fields)]);
  check(answer.status_code === 20000, `status_code is ${answer.status_code}`);
  check(answer.tasks.length === answer.tasks_count, "tasks_count is not the number of tasks");
  check(answer.tasks_error === answer.tasks.filter((task) => task.status_code !== 20000).length, "tasks_error");
  return answer.tasks[0];
}

/** The result of a task that must be good, its items as the client reads them; null if it is empty. */
async function result(client, fields) {
  const task = await ask(client, fields);
  check(task.status_code === 20000, `${JSON.stringify(fields)}: ${task.status_code} ${task.status_message}`);
  check(task.result_count === (task.result?.length ?? 0), "result_count is not the number of results");
  return task.result?.[0] ?? null;
}

function isOf(type, value) {
  if (type.endsWith("?")) return value === null || isOf(type.slice(0, -1), value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value) && value.every((one) => typeof one === "string");
  if (type === "time") return TIME.test(value);
  return typeof value === type;
}

function checkItem(item) {
  for (const [name, type] of Object.entries(TYPES)) {
    check(isOf(type, item[name]), `${name} is ${JSON.stringify(item[name])}, not ${type}`);
  }
  check(item.type === "backlink", `type is ${item.type}`);
  check(item.is_indirect_link === Array.isArray(item.indirect_link_path), "indirect_link_path");
}

const places = (items) => items.map((item) => `${item.url_from} ${item.url_to}`).join("\n");

async function checkPaged(client, target, all) {
  const page = Math.max(1, Math.floor(all.items.length / 7));
  const byOffset = [];
  for (let offset = 0; offset < all.items.length; offset += page) {
    byOffset.push(...(await result(client, { target, limit: page, offset })).items);
  }
  check(places(byOffset.slice(0, all.items.length)) === places(all.items), "pages by offset are other rows");
  const byToken = [];
  let token;
  let pages = 0;
  do {
    const next = await result(client, { target, limit: page, search_after_token: token });
    byToken.push(...next.items);
    token = next.search_after_token;
    pages += 1;
  } while (token && pages <= 50);
  check(places(byToken.slice(0, all.items.length)) === places(all.items.slice(0, byToken.length)), "by token");
  check(byToken.length === Math.min(all.total_count, 51 * page), `${byToken.length} rows by token`);
  console.log(`  paged: ${pages} pages of ${page} rows by token`);
}

async function checkFiltered(client, target, items) {
  for (const [filters, holds] of [
    [["dofollow", "=", true], (item) => item.dofollow],
    [["rank", ">", "5"], (item) => item.rank > 5],
    [[["dofollow", "=", "false"], "or", ["anchor", "ilike", "%a%"]], (item) => !item.dofollow || /a/i.test(item.anchor)],
    [["prev_seen", "=", null], (item) => item.prev_seen === null],
    [["url_from", "not_regex", "^https:"], (item) => !item.url_from_https],
  ]) {
    const found = (await result(client, { target, filters, limit: LIMIT }))?.items ?? [];
    check(found.every(holds), `${JSON.stringify(filters)}: rows that do not fulfil it`);
    check(found.length >= items.filter(holds).length, `${JSON.stringify(filters)}: ${found.length} rows, too few`);
    console.log(`  ${JSON.stringify(filters)}: ${found.length} rows`);
  }
}

async function checkGrouped(client, target) {
  const byDomain = await result(client, { target, mode: "one_per_domain", order_by: ["group_count,desc"], limit: LIMIT });
  const domains = new Set(byDomain.items.map((item) => item.domain_from));
  check(domains.size === byDomain.items.length, "one_per_domain: a domain twice");
  check(byDomain.items.every((item) => item.group_count >= 1), "one_per_domain: group_count");
  check(byDomain.mode === "one_per_domain", "mode is not echoed");
  const custom_mode = { field: "anchor", value: 2 };
  const byAnchor = await result(client, { target, custom_mode, rank_scale: "one_hundred", limit: LIMIT });
  const met = new Map();
  for (const item of byAnchor.items) met.set(item.anchor, (met.get(item.anchor) ?? 0) + 1);
  check(Math.max(...met.values()) <= 2, "custom_mode: three rows of an anchor");
  check(byAnchor.items.every((item) => item.rank <= 100), "one_hundred: a rank above");
  check(JSON.stringify(byAnchor.custom_mode) === JSON.stringify(custom_mode), "custom_mode is not echoed");
  byAnchor.items.forEach(checkItem);
  console.log(`  grouped: ${domains.size} domains, ${byAnchor.items.length} rows of two an anchor`);
}

async function checkErrors(client, target) {
  for (const [fields, name] of [
    [{ target: "no such target" }, "target"],
    [{ target, filters: [["dofollow", "==", true]] }, "filters"],
    [{ target, filters: ["anchor", "regex", "("] }, "filters"],
    [{ target, order_by: ["attributes,asc"] }, "order_by"],
    [{ target, custom_mode: { field: "anchor" } }, "custom_mode"],
    [{ target, limit: 0 }, "limit"],
    [{ target, search_after_token: "eyJ2IjoxfQ==" }, "search_after_token"],
  ]) {
    const task = await ask(client, fields);
    const isRight = task.status_code === 40501 && task.status_message === `Invalid Field: '${name}'.`;
    check(isRight && task.result == null, `${JSON.stringify(fields)}: ${task.status_code} ${task.status_message}`);
  }
}

const [host, username, password, target, expected] = process.argv.slice(2);
if (!target) throw new Error("usage: dataforseo_client.mjs HOST USERNAME PASSWORD TARGET [EXPECTED_TOTAL_COUNT]");
const client = api(host, username, password);
const plain = await result(client, { target, limit: LIMIT, tag: "compat" });
const total = plain?.total_count ?? 0;
check(expected === undefined || total === Number(expected), `total_count is ${total}, not ${expected}`);
if (plain) {
  check(plain.items.length === Math.min(LIMIT, total) && plain.items_count === plain.items.length, "items are missing");
  plain.items.forEach(checkItem);
  await checkPaged(client, target, plain);
  await checkFiltered(client, target, plain.items);
  await checkGrouped(client, target);
}
check((await result(client, { target: "nothing-links-here.com" })) === null, "a target without links has a result");
check((await result(client, { target, filters: ["url_to", "=", ""] })) === null, "a filter that leaves nothing");
await checkErrors(client, target);
let refusal;
await api(host, username, `${password}x`).backlinksLive([{ target }]).catch((error) => (refusal = error));
check(refusal?.status === 401, "a wrong password is let in");
console.log(`${plain?.items.length ?? 0} of ${total} rows`);
for (const failure of new Set(failures)) console.error(`FAILED: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
