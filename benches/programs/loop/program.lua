-- Integer arithmetic and branches: a sequence of remainders, summed up.
return function(size)
    local sum, x = 0, 1
    for i = 0, size - 1 do
        x = (x * 5 + i) % 65521
        if x < 32768 then
            sum = sum + x
        else
            sum = sum - 1
        end
    end
    return sum
end
