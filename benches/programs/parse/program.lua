-- Bytes one by one: lines of `name=number` with comments, and what all of them come to.
local byte = string.byte
-- The remainder with the sign of the dividend, as the other languages have it.
local fmod = math.fmod

local function parse(data)
    local total, at, last = 0, 1, #data
    while at <= last do
        local b = byte(data, at)
        if b == 35 then
            while byte(data, at) ~= 10 do at = at + 1 end
        else
            local name = 0
            while b ~= 61 do
                name = (name * 31 + b) % 65521
                at = at + 1
                b = byte(data, at)
            end
            at = at + 1
            local negative = byte(data, at) == 45
            if negative then at = at + 1 end
            local number = 0
            b = byte(data, at)
            while b ~= 10 do
                number = number * 10 + (b - 48)
                at = at + 1
                b = byte(data, at)
            end
            total = fmod(total + name * (negative and -number or number), 1000003)
        end
        at = at + 1
    end
    return total
end

return function(size, data)
    local sum = 0
    for _ = 1, size do sum = sum + parse(data) end
    return sum
end
