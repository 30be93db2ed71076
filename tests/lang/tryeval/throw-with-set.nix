throw { outPath = "from set"; }
