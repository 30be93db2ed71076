({ map ? 2, null ? 3 }: [ map null ]) { }
