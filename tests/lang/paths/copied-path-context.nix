builtins.getContext "${./data/file}"
