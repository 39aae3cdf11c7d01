#!/bin/bash
# Subject: bash running a script: a function, a loop, children, a pipe, a trap. Prints "script sum=10 lines=3 trapped=1".

trapped=0
trap 'trapped=$((trapped + 1))' USR1

add() { sum=$((sum + $1)); }

sum=0
for number in 1 2 3 4; do add "$number"; done
lines=$(printf 'a\nb\nc\n' | sort -r | wc -l)
kill -USR1 $$
echo "script sum=$sum lines=$lines trapped=$trapped"
[ "$sum" = 10 ] && [ "$lines" -eq 3 ] && [ "$trapped" = 1 ]
