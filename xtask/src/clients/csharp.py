"""Parses what belongs to .NET: C# by its grammar, and project files as XML. `csharp.py FOLDER...`

It finds what a machine without the .NET SDK can find. It compiles nothing.
"""

import pathlib
import sys
import xml.etree.ElementTree

import tree_sitter
import tree_sitter_c_sharp

XML = {".csproj", ".props", ".targets", ".slnx"}
MADE = {"bin", "obj"}


def faults_of_csharp(parser, path):
    text = path.read_bytes()
    if b"\r" in text or not text.endswith(b"\n"):
        yield 1, "lines end with a line feed, the last one too"
    nodes = [parser.parse(text).root_node]
    while nodes:
        node = nodes.pop()
        if node.type == "ERROR" or node.is_missing:
            yield node.start_point[0] + 1, "this is not C#"
        elif node.has_error:
            nodes.extend(node.children)


def faults_of_xml(path):
    try:
        xml.etree.ElementTree.parse(path)
    except xml.etree.ElementTree.ParseError as error:
        yield error.position[0], str(error)


def main(folders):
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c_sharp.language()))
    parsed, faults = 0, 0
    for path in sorted(path for folder in folders for path in pathlib.Path(folder).rglob("*")):
        if MADE & set(path.parts):
            continue
        if path.suffix == ".cs":
            found = faults_of_csharp(parser, path)
        elif path.suffix in XML:
            found = faults_of_xml(path)
        else:
            continue
        parsed += 1
        for line, fault in found:
            faults += 1
            print(f"{path}:{line}: {fault}", file=sys.stderr)
    print(f"{parsed} files of .NET parsed")
    return 1 if faults or not parsed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
