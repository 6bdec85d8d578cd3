/**
 * Discord's limits as its documentation gave them in August 2026, written down once more on purpose: a stand-in that
 * borrowed the bot's own constants would agree with its mistakes.
 */
export const COMPONENTS_V2 = 1 << 15;
export const EPHEMERAL = 1 << 6;
export const LOADING = 1 << 7;

const TYPE = {
  row: 1,
  button: 2,
  section: 9,
  text: 10,
  thumbnail: 11,
  gallery: 12,
  file: 13,
  separator: 14,
  container: 17,
};
const TOP_LEVEL = new Set([TYPE.row, TYPE.section, TYPE.text, TYPE.gallery, TYPE.file, TYPE.separator, TYPE.container]);

type Json = Record<string, unknown>;

export interface UploadedFile {
  readonly field: string;
  readonly filename: string;
  readonly contentType: string;
  readonly data: Buffer;
}

/** Everything wrong with a message body; `kept` are attachments that the edited message already has. */
export function messageFaults(
  body: Json,
  files: readonly UploadedFile[],
  kept: readonly string[],
  wasV2: boolean,
): string[] {
  const faults: string[] = [];
  const flags = Number(body.flags ?? 0);
  const isV2 = wasV2 || (flags & COMPONENTS_V2) !== 0;
  faults.push(...mentionFaults(body.allowed_mentions));
  const attachments = asList(body.attachments);
  const names = attachmentFaults(attachments, files, kept, faults);
  if (isV2) {
    for (const field of ['content', 'embeds', 'poll', 'sticker_ids']) {
      const value = body[field];
      if (value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)) {
        faults.push(`${field} is not allowed beside Components V2`);
      }
    }
    faults.push(...componentFaults(asList(body.components), names));
  } else {
    const content = String(body.content ?? '');
    if (content.length > 2000) {
      faults.push(`content has ${content.length} characters`);
    }
    if (content === '' && asList(body.embeds).length === 0 && files.length === 0) {
      faults.push('an empty message');
    }
  }
  const nonce = body.nonce;
  if (nonce !== undefined && String(nonce).length > 25) {
    faults.push('a nonce longer than 25');
  }
  return faults;
}

function asList(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}

function mentionFaults(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return ['allowed_mentions is missing: names in the text would ping'];
  }
  const { parse, users } = value as Json;
  const faults: string[] = [];
  if (!Array.isArray(parse) || parse.length > 0) {
    faults.push('allowed_mentions.parse must be []');
  }
  if (Array.isArray(users) && users.length > 100) {
    faults.push('more than 100 allowed users');
  }
  return faults;
}

function attachmentFaults(
  attachments: readonly Json[],
  files: readonly UploadedFile[],
  kept: readonly string[],
  faults: string[],
): string[] {
  if (attachments.length > 10 || files.length > 10) {
    faults.push('more than 10 attachments');
  }
  let total = 0;
  for (const file of files) {
    total += file.data.length;
    const index = /^files\[(\d+)\]$/.exec(file.field)?.[1];
    if (index === undefined) {
      faults.push(`a file in the field ${file.field}`);
    }
    if (file.data.length > 10 * 2 ** 20) {
      faults.push(`${file.filename} is larger than 10 MiB`);
    }
    if (file.data.length === 0) {
      faults.push(`${file.filename} is empty`);
    }
    const listed = attachments.find((attachment) => String(attachment.id) === index);
    if (attachments.length > 0 && listed === undefined) {
      faults.push(`${file.filename} is not in attachments`);
    }
    const description = listed?.description;
    if (typeof description === 'string' && description.length > 1024) {
      faults.push('an attachment description over 1024');
    }
  }
  if (total > 25 * 2 ** 20) {
    faults.push('a request over 25 MiB');
  }
  const names = [...files.map((file) => file.filename), ...kept];
  if (new Set(names).size !== names.length) {
    faults.push('two attachments of one name');
  }
  return names;
}

function componentFaults(components: readonly Json[], fileNames: readonly string[]): string[] {
  const faults: string[] = [];
  const ids = new Set<string>();
  const referenced = new Set<string>();
  let count = 0;
  let chars = 0;

  const media = (value: unknown, where: string) => {
    const url = String((value as Json | undefined)?.url ?? '');
    const name = /^attachment:\/\/(.+)$/.exec(url)?.[1];
    if (name === undefined) {
      faults.push(`${where} points to ${url || 'nothing'}`);
    } else if (!fileNames.includes(name)) {
      faults.push(`${where} points to ${name}, which is not attached`);
    } else {
      referenced.add(name);
    }
  };

  const visit = (component: Json, depth: number) => {
    count += 1;
    const children = asList(component.components);
    switch (component.type) {
      case TYPE.row:
        if (children.length < 1 || children.length > 5) {
          faults.push(`a row of ${children.length} buttons`);
        }
        if (children.some((child) => child.type !== TYPE.button)) {
          faults.push('a row with something else than buttons');
        }
        break;
      case TYPE.button:
        buttonFaults(component, ids, faults);
        break;
      case TYPE.section:
        if (children.length < 1 || children.length > 3) {
          faults.push(`a section of ${children.length} texts`);
        }
        if (component.accessory === undefined) {
          faults.push('a section without accessory');
        } else {
          visit(component.accessory as Json, depth + 1);
        }
        break;
      case TYPE.text: {
        const content = component.content;
        if (typeof content !== 'string' || content.length < 1) {
          faults.push('an empty text display');
        } else {
          chars += content.length;
        }
        break;
      }
      case TYPE.thumbnail:
        media(component.media, 'a thumbnail');
        break;
      case TYPE.gallery: {
        const items = asList(component.items);
        if (items.length < 1 || items.length > 10) {
          faults.push(`a gallery of ${items.length} items`);
        }
        for (const item of items) {
          media(item.media, 'a gallery item');
          const { description } = item;
          if (description !== undefined && (String(description).length < 1 || String(description).length > 1024)) {
            faults.push('an alt text of 0 or more than 1024 characters');
          }
        }
        break;
      }
      case TYPE.file:
        media(component.file, 'a file');
        break;
      case TYPE.separator:
        break;
      case TYPE.container: {
        if (depth > 0) {
          faults.push('a container inside another component');
        }
        if (children.length < 1) {
          faults.push('an empty container');
        }
        const colour = component.accent_color;
        if (colour !== undefined && !(Number.isInteger(colour) && Number(colour) >= 0 && Number(colour) <= 0xffffff)) {
          faults.push('an accent colour out of range');
        }
        break;
      }
      default:
        faults.push(`a component of type ${String(component.type)}`);
    }
    for (const child of children) {
      visit(child, depth + 1);
    }
  };

  if (components.length === 0) {
    faults.push('a Components V2 message without components');
  }
  for (const component of components) {
    if (!TOP_LEVEL.has(Number(component.type))) {
      faults.push(`type ${String(component.type)} at the top level`);
    }
    visit(component, 0);
  }
  if (count > 40) {
    faults.push(`${count} components`);
  }
  if (chars > 4000) {
    faults.push(`${chars} characters of text`);
  }
  for (const name of fileNames) {
    if (!referenced.has(name)) {
      faults.push(`${name} is attached but shown by no component`);
    }
  }
  return faults;
}

function buttonFaults(button: Json, ids: Set<string>, faults: string[]): void {
  const id = button.custom_id;
  if (button.style === 5) {
    if (typeof button.url !== 'string' || id !== undefined) {
      faults.push('a link button without url or with custom_id');
    }
  } else if (typeof id !== 'string' || id.length < 1 || id.length > 100) {
    faults.push('a custom_id of 0 or over 100 characters');
  } else if (ids.has(id)) {
    faults.push(`the custom_id ${id} twice`);
  } else {
    ids.add(id);
  }
  if (![1, 2, 3, 4, 5].includes(Number(button.style))) {
    faults.push(`a button of style ${String(button.style)}`);
  }
  const label = button.label;
  if (typeof label !== 'string' || label.length < 1 || label.length > 80) {
    faults.push('a label of 0 or over 80 characters');
  }
}

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

/** Everything wrong with a list of commands, as `PUT …/commands` would tell. */
export function commandFaults(commands: unknown, scope: 'guild' | 'global'): string[] {
  if (!Array.isArray(commands)) {
    return ['not a list of commands'];
  }
  const faults: string[] = [];
  if (commands.length > 100) {
    faults.push(`${commands.length} commands`);
  }
  const names = commands.map((command) => (command as Json).name);
  if (new Set(names).size !== names.length) {
    faults.push('a command name twice');
  }
  for (const command of commands as Json[]) {
    if (scope === 'guild' && (command.contexts !== undefined || command.integration_types !== undefined)) {
      faults.push('contexts and integration_types belong to global commands');
    }
    if (command.type === 2 || command.type === 3) {
      pointing(command, faults);
      continue;
    }
    if (described(command, faults) > 8000) {
      faults.push(`${String(command.name)} has more than 8000 characters`);
    }
  }
  return faults;
}

/** Checks a command on a user or a message: a name of up to 32 characters and nothing else. */
function pointing(item: Json, faults: string[]): void {
  const names = [String(item.name ?? ''), ...Object.values((item.name_localizations ?? {}) as Json).map(String)];
  for (const name of names) {
    if (name.length < 1 || name.length > 32) {
      faults.push(`the name ${name}`);
    }
  }
  if (item.description !== undefined || item.options !== undefined) {
    faults.push(`${names[0]}: neither a description nor options belong there`);
  }
}

/** Checks a command or option and returns its characters, the longest localization counted. */
function described(item: Json, faults: string[]): number {
  const name = String(item.name ?? '');
  if (!NAME.test(name) || name !== name.toLowerCase()) {
    faults.push(`the name ${name}`);
  }
  const descriptions = [
    String(item.description ?? ''),
    ...Object.values((item.description_localizations ?? {}) as Json).map(String),
  ];
  for (const text of descriptions) {
    if (text.length < 1 || text.length > 100) {
      faults.push(`${name}: a description of ${text.length} characters`);
    }
  }
  let chars = name.length + Math.max(...descriptions.map((text) => text.length));
  const options = asList(item.options);
  if (options.length > 25) {
    faults.push(`${name}: ${options.length} options`);
  }
  const optionNames = options.map((option) => option.name);
  if (new Set(optionNames).size !== options.length) {
    faults.push(`${name}: an option twice`);
  }
  let optional = false;
  for (const option of options) {
    if (option.required === true && optional) {
      faults.push(`${name}: a required option after an optional one`);
    }
    if (option.required !== true) {
      optional = true;
    }
    const choices = asList(option.choices);
    if (choices.length > 25) {
      faults.push(`${name}: ${choices.length} choices`);
    }
    if (choices.length > 0 && option.autocomplete === true) {
      faults.push(`${name}: choices and completion`);
    }
    for (const choice of choices) {
      const choiceNames = [choice.name, ...Object.values((choice.name_localizations ?? {}) as Json)].map(String);
      if (choiceNames.some((text) => text.length < 1 || text.length > 100)) {
        faults.push(`${name}: a choice name`);
      }
      if (String(choice.value).length > 100) {
        faults.push(`${name}: a choice value`);
      }
      chars += Math.max(...choiceNames.map((text) => text.length)) + String(choice.value).length;
    }
    if (option.autocomplete === true && ![3, 4, 10].includes(Number(option.type))) {
      faults.push(`${name}: completion of a wrong type`);
    }
    for (const bound of ['min_value', 'max_value']) {
      const value = option[bound];
      if (value !== undefined && Math.abs(Number(value)) > 2 ** 53) {
        faults.push(`${name}: ${bound} beyond 2^53`);
      }
    }
    chars += described(option, faults);
  }
  return chars;
}

/** Everything wrong with the choices offered for an option of a type (3 string, 4 integer, 10 number). */
export function choiceFaults(choices: unknown, optionType: number): string[] {
  if (!Array.isArray(choices)) {
    return ['choices is not a list'];
  }
  const faults: string[] = [];
  if (choices.length > 25) {
    faults.push(`${choices.length} choices`);
  }
  for (const { name, value } of choices as Json[]) {
    if (typeof name !== 'string' || name.length < 1 || name.length > 100) {
      faults.push('a choice name of 0 or over 100 characters');
    }
    if (optionType === 3 && (typeof value !== 'string' || value.length > 100)) {
      faults.push(`a choice value ${String(value)}`);
    }
    if (optionType === 4 && !Number.isSafeInteger(value)) {
      faults.push(`a choice value ${String(value)} for an integer`);
    }
    if (optionType === 10 && typeof value !== 'number') {
      faults.push(`a choice value ${String(value)} for a number`);
    }
  }
  return faults;
}
