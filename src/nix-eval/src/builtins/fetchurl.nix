# `<nix/fetchurl.nix>`: a download that the builder itself makes, so that nothing has to be built
# before it. What is asked for is a fact of the language: it decides the derivation's hash.
{ url
, name ? baseNameOf (toString url)
, hash ? ""
, sha512 ? ""
, sha256 ? ""
, sha1 ? ""
, md5 ? ""
, outputHash ? null
, outputHashAlgo ? null
, unpack ? false
, executable ? false
, impure ? false
, system ? ""
}:
let
  # The first hash that was given; SHA-256 where none was.
  given = __filter (candidate: candidate.text != "") [
    { algorithm = ""; text = hash; }
    { algorithm = "sha512"; text = sha512; }
    { algorithm = "sha1"; text = sha1; }
    { algorithm = "md5"; text = md5; }
    { algorithm = "sha256"; text = sha256; }
  ];
  chosen = if given == [ ] then { algorithm = "sha256"; text = ""; } else __head given;
  request = {
    inherit name url unpack executable;
    urls = [ url ];
    builder = "builtin:fetchurl";
    system = "builtin";
    preferLocalBuild = true;
    outputHashMode = if unpack || executable then "recursive" else "flat";
    impureEnvVars = [ "http_proxy" "https_proxy" "ftp_proxy" "all_proxy" "no_proxy" ];
  };
  expected = {
    outputHash = if outputHash == null then chosen.text else outputHash;
    outputHashAlgo = if outputHashAlgo == null then chosen.algorithm else outputHashAlgo;
  };
in
derivation (request // (if impure then { __impure = true; } else expected))
