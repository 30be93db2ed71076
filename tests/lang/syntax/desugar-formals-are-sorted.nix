{ z, a, m ? 1 }: a
