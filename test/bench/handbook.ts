import { createRandom, type Random } from '../support/kit/random.ts';

/** About as long as a page of a handbook. */
const PAGE_CHARS = 3_000;
const STEMS = 6_000;
/** The words that make up half of any text. */
const COMMON =
  'the of and to in a is that for it as with on be by this are or at from not you your we our may must will has have an if when which who all any more than no one each after before within'.split(
    ' ',
  );
/** Shared by all pages, as in a real handbook. */
const TOPICS =
  'leave travel expense contract manager approval security password office holiday salary training insurance laptop meeting customer project invoice policy equipment'.split(
    ' ',
  );
const SYLLABLES =
  'ar ben con de el fer gra hand in kon lag mis nor or pre qui ra ster ta un ver wal zu bri cha dor fü ge hö ies jo kla lei mä nung öf pro ri schu tri über vor wei'.split(
    ' ',
  );
/** One word has several forms, so that prefixes and fuzzy matches find something. */
const ENDINGS = ['', '', 's', 'ed', 'ing', 'en', 'ung', 'ungen', 'ment', 'er', 'lich', 'frist'];

/** Markdown pages with headings, paragraphs and a list. The same pages in every run. */
export function handbook(pages: number): string[] {
  const random = createRandom('handbook');
  const words = vocabulary(random);
  return Array.from({ length: pages }, (_, page) => pageOf(random, words, page));
}

/**
 * What models ask for: half of them keywords, often in several forms, half of them whole questions with common words. A
 * third has a word with a spelling mistake.
 */
export function queriesOf(count: number): string[] {
  const words = vocabulary(createRandom('handbook'));
  const random = createRandom('queries');
  return Array.from({ length: count }, () => {
    const asked = [random.pick(TOPICS)];
    for (let more = random.integer(1, 3); more > 0; more--) asked.push(...formsOf(random, words));
    if (random.chance(1 / 3)) asked.push(misspelt(random, random.pick(TOPICS)));
    const isQuestion = random.chance(1 / 2);
    return asked.map((word) => (isQuestion ? `${random.pick(COMMON)} ${word}` : word)).join(' ');
  });
}

function formsOf(random: Random, words: readonly string[]): string[] {
  const stem = rareWord(random, words);
  return random.chance(1 / 2) ? [stem, `${stem}${random.pick(ENDINGS)}`] : [stem];
}

function vocabulary(random: Random): string[] {
  return Array.from({ length: STEMS }, () =>
    Array.from({ length: random.integer(2, 4) }, () => random.pick(SYLLABLES)).join(''),
  );
}

function pageOf(random: Random, words: readonly string[], page: number): string {
  const parts = [`# ${sentence(random, words, 3)} ${page + 1}`];
  let length = 0;
  while (length < PAGE_CHARS) {
    const kind = random.weighted({ heading: 1, list: 1, paragraph: 4 });
    const part =
      kind === 'heading'
        ? `## ${sentence(random, words, random.integer(1, 4))}`
        : Array.from({ length: random.integer(2, 5) }, () => sentence(random, words, random.integer(6, 18)));
    const text = typeof part === 'string' ? part : part.map((line) => (kind === 'list' ? `- ${line}.` : `${line}.`));
    const joined = typeof text === 'string' ? text : text.join(kind === 'list' ? '\n' : ' ');
    parts.push(joined);
    length += joined.length;
  }
  return `${parts.join('\n\n')}\n`;
}

function sentence(random: Random, words: readonly string[], count: number): string {
  const chosen = Array.from({ length: count }, () => {
    const kind = random.weighted({ common: 45, topic: 5, rare: 50 });
    if (kind === 'common') return random.pick(COMMON);
    return kind === 'topic' ? random.pick(TOPICS) : rareWord(random, words);
  });
  const text = chosen.join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** By Zipf's law, as in any language: the second word is half as frequent as the first. */
function rareWord(random: Random, words: readonly string[]): string {
  const rank = Math.floor(words.length ** random.next()) - 1;
  return `${words[rank]}${random.pick(ENDINGS)}`;
}

function misspelt(random: Random, word: string): string {
  const at = random.integer(1, word.length - 2);
  return word.slice(0, at) + word.slice(at + 1);
}
