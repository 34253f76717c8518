"""`python -m logproc.kernels`: compile all kernels ahead, as an image or CI wants, and not at the first run.

With `--usual`, which a first run starts beside itself, those that most runs need.
"""

import sys

from logproc.kernels.ahead import compile_usual, main

if __name__ == "__main__":
    compile_usual() if sys.argv[1:] == ["--usual"] else main()
