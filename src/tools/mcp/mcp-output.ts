import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client';
import type { Source, ToolImage, ToolOutput } from '../tool.ts';

/** The model gets this many images of one result. */
const MAX_IMAGES = 4;
const MAX_IMAGE_CHARS = 6_000_000;
const MAX_SOURCES = 20;
const MAX_TITLE_CHARS = 200;

/** Converts a server's result for the model: text, images and links; other content is only mentioned. */
export function mcpOutput({ content, structuredContent }: CallToolResult): ToolOutput {
  const shown = content.filter(isForModel);
  const texts = shown.map(textIn).filter((text) => text !== '');
  // Structured content repeats the text if there is any.
  if (texts.length === 0 && structuredContent !== undefined) texts.push(JSON.stringify(structuredContent));
  const images = shown.flatMap(imageIn);
  if (images.length > MAX_IMAGES) texts.push(`[${images.length - MAX_IMAGES} more images were left out]`);
  return {
    text: texts.join('\n\n'),
    images: images.slice(0, MAX_IMAGES),
    sources: shown.flatMap(sourceIn).slice(0, MAX_SOURCES),
  };
}

/** A server may mark content as meant for the user only. */
function isForModel({ annotations }: ContentBlock): boolean {
  const audience = annotations?.audience ?? [];
  return audience.length === 0 || audience.includes('assistant');
}

function textIn(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
      return block.data.length <= MAX_IMAGE_CHARS ? '' : '[an image that is too large was left out]';
    case 'audio':
      return '[audio was left out]';
    case 'resource_link':
      return [`[link] ${block.title ?? block.name}: ${block.uri}`, block.description ?? ''].join('\n').trim();
    case 'resource':
      return 'text' in block.resource ? block.resource.text : `[a file was left out: ${block.resource.uri}]`;
  }
}

/** The type that the server claims does not count: the content decides. */
function imageIn(block: ContentBlock): ToolImage[] {
  if (block.type !== 'image' || block.data.length > MAX_IMAGE_CHARS) return [];
  return [{ bytes: Buffer.from(block.data, 'base64') }];
}

function sourceIn(block: ContentBlock): Source[] {
  if (block.type !== 'resource_link' || !/^https:/i.test(block.uri) || !URL.canParse(block.uri)) return [];
  return [{ title: (block.title ?? block.name).slice(0, MAX_TITLE_CHARS).toWellFormed(), url: block.uri }];
}
