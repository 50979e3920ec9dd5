import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../pages.ts';

/** A name that an entry point exports. */
export interface Exported {
  readonly name: string;
  /** Where it is declared, of a type and a value of the same name those of both. */
  readonly declarations: readonly ts.Declaration[];
}

/** The sources of the packages, and what they export, as TypeScript sees them. */
export interface Sources {
  exportsOf(source: string): Exported[];
  /** The text of a declaration as its `.d.ts` has it, without its own docstring. */
  textOf(declaration: ts.Declaration): string;
}

/** Reads the files, with all that they import. */
export function readSources(files: readonly string[]): Sources {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram(files, {
    ...options,
    customConditions: ['@poolsafe/source'],
    declarationMap: false,
    emitDeclarationOnly: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  });
  const checker = program.getTypeChecker();
  const emitted = new Map<ts.SourceFile, ts.SourceFile>();

  function declarationsOf(file: ts.SourceFile): ts.SourceFile {
    const known = emitted.get(file);
    if (known !== undefined) return known;
    let text = '';
    program.emit(file, (_, content) => {
      text = content;
    });
    const parsed = ts.createSourceFile(file.fileName, text, ts.ScriptTarget.ES2023, true);
    emitted.set(file, parsed);
    return parsed;
  }

  return {
    exportsOf(source) {
      const file = program.getSourceFile(source);
      const module = file && checker.getSymbolAtLocation(file);
      if (module === undefined) throw new Error(`${source} exports nothing`);
      return checker
        .getExportsOfModule(module)
        .map((symbol) => ({ name: symbol.name, declarations: targetOf(symbol, checker).declarations ?? [] }))
        .filter(({ declarations }) => declarations.length > 0)
        .sort((a, b) => a.name.localeCompare(b.name, 'en'));
    },
    textOf(declaration) {
      const file = declarationsOf(declaration.getSourceFile());
      const name = nameOf(declaration);
      const kind = statementOf(declaration).kind;
      const own = file.statements.filter((one) => one.kind === kind && namesOf(one).includes(name));
      // Overloads follow each other.
      return [...new Set(own.map((one) => tidy(one.getText(file))))].join('\n');
    },
  };
}

const targetOf = (symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

/** The statement that a declaration is part of: that of a `const` is around it. */
export function statementOf(declaration: ts.Node): ts.Node {
  let node = declaration;
  while (node.parent !== undefined && !ts.isSourceFile(node.parent)) node = node.parent;
  return node;
}

function namesOf(statement: ts.Node): string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(nameOf);
  return [nameOf(statement as ts.DeclarationStatement)];
}

const nameOf = (declaration: ts.Declaration): string =>
  ts.getNameOfDeclaration(declaration)?.getText() ?? 'default';

const tidy = (text: string): string =>
  text
    .replace(/^(export )?(default )?(declare )?/, '')
    .replace(/^ +(#private;|private .*;)\n/gm, '')
    .replace(/^( {4})+/gm, (indent) => ' '.repeat(indent.length / 2));
