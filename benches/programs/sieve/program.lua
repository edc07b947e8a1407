-- A large list that is written and read by index: how many primes there are below the size.
return function(size)
    local composite = {}
    for i = 1, size do composite[i] = false end
    local primes = 0
    for i = 2, size - 1 do
        if not composite[i + 1] then
            primes = primes + 1
            for multiple = i * i, size - 1, i do
                composite[multiple + 1] = true
            end
        end
    end
    return primes
end
