# The VM tests of the fleet, one for each shape of instance. Written by coop from coop.toml.
{ pkgs }:
{
{%- for test in tests %}
  {{ test.name | attribute }} = import {{ test.file | nix }} { inherit pkgs; };
{%- endfor %}
}
